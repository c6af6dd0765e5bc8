#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lrcore/range_test/range_test.hpp"

namespace lrcore {

namespace py = pybind11;

/// A dict with string keys and JSON values.
class StateDict : public py::dict {
    using dict::dict;
};

/// A member of a C++ State and its key in the dict.
template <class State, class Value>
struct StateField {
    const char* key;
    Value State::*member;
};

template <class State, class Value>
StateField(const char*, Value State::*) -> StateField<State, Value>;

// JSON has no NaN and no infinity: these become "nan", "inf" and "-inf".
py::object to_json(double value);
py::object to_json(std::int64_t value);
py::object to_json(StopReason value);

void from_json(py::handle json, const std::string& key, double& value);
void from_json(py::handle json, const std::string& key, std::int64_t& value);
void from_json(py::handle json, const std::string& key, StopReason& value);

/// The value as a list; TypeError that names `key` if it is not one.
py::list list_of(py::handle json, const std::string& key);

template <class Item>
py::object to_json(const std::vector<Item>& items) {
    py::list list;
    for (const Item& item : items) list.append(to_json(item));
    return list;
}

template <class Item>
void from_json(py::handle json, const std::string& key, std::vector<Item>& items) {
    items.clear();
    for (const py::handle item : list_of(json, key)) {
        const std::string name = key + "[" + std::to_string(items.size()) + "]";
        from_json(item, name, items.emplace_back());
    }
}

template <class Value>
py::object to_json(const std::optional<Value>& value) {
    return value ? to_json(*value) : py::none();
}

template <class Value>
void from_json(py::handle json, const std::string& key, std::optional<Value>& value) {
    if (json.is_none()) {
        value.reset();
    } else {
        from_json(json, key, value.emplace());
    }
}

/// ValueError unless the dict has this version and exactly these keys beside it.
void check_keys(const StateDict& dict, int version, const std::set<std::string>& keys);

/// Binds state_dict() and load_state_dict() of a class that has state() and restore(State).
template <class Class, class... Value>
void bind_state(py::class_<Class>& cls, int version,
                StateField<typename Class::State, Value>... field) {
    cls.def("state_dict", [=](const Class& self) {
        const typename Class::State& state = self.state();
        StateDict dict;
        dict["version"] = version;
        ((dict[field.key] = to_json(state.*field.member)), ...);
        return dict;
    });
    cls.def(
        "load_state_dict",
        [=](Class& self, const StateDict& dict) {
            check_keys(dict, version, {field.key...});
            typename Class::State state;
            (from_json(dict[field.key], field.key, state.*field.member), ...);
            self.restore(state);
        },
        py::arg("state"));
}

}  // namespace lrcore

template <>
struct pybind11::detail::handle_type_name<lrcore::StateDict> {
    static constexpr auto name = const_name("dict[str, typing.Any]");
};
