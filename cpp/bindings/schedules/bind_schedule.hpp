#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/schedule.hpp"
#include "lrcore/support/validate.hpp"
#include "schedules/any_schedule_caster.hpp"
#include "support/arrays.hpp"
#include "support/gil_release.hpp"

namespace lrcore {

namespace py = pybind11;

/// The schedule inside a Python object of its class; nullptr before its constructor has run.
template <class Schedule>
const Schedule* schedule_in(PyObject* self) {
    auto* const instance = reinterpret_cast<py::detail::instance*>(self);
    return instance->get_value_and_holder().value_ptr<Schedule>();
}

/// schedule(step) where `arguments` are a plain int and that is no error.
template <class Schedule>
std::optional<double> quick_value(PyObject* self, PyObject* arguments, PyObject* keywords) {
    if (keywords != nullptr || PyTuple_GET_SIZE(arguments) != 1) return std::nullopt;
    PyObject* const step = PyTuple_GET_ITEM(arguments, 0);
    const Schedule* const schedule = schedule_in<Schedule>(self);
    if (schedule == nullptr || !PyLong_CheckExact(step)) return std::nullopt;
    int overflow = 0;
    const std::int64_t number = PyLong_AsLongLongAndOverflow(step, &overflow);
    if (overflow != 0) return std::nullopt;
    try {
        return (*schedule)(number);
    } catch (...) {
        return std::nullopt;
    }
}

/// What Python calls for schedule(step). pybind11's own way takes longer than most schedules do: it
/// looks for a fitting overload at every call. It is left what is not plain, and all errors.
template <class Schedule>
PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords) {
    if (const auto value = quick_value<Schedule>(self, arguments, keywords)) {
        return PyFloat_FromDouble(*value);
    }
    PyObject* const method = PyObject_GetAttrString(self, "__call__");
    if (method == nullptr) return nullptr;
    PyObject* const result = PyObject_Call(method, arguments, keywords);
    Py_DECREF(method);
    return result;
}

template <class Schedule>
void make_calls_quick(py::class_<Schedule>& cls) {
    reinterpret_cast<PyTypeObject*>(cls.ptr())->tp_call = &call<Schedule>;
}

template <class Schedule>
using Fields = decltype(std::declval<const Schedule&>().fields());

template <class Field>
py::object hashable(const Field& field) {
    return py::cast(field);
}

template <class Item>
py::object hashable(const std::vector<Item>& items) {
    return py::tuple(py::cast(items));
}

template <class Schedule>
py::ssize_t hash(const Schedule& schedule) {
    const auto as_tuple = [](const auto&... field) { return py::make_tuple(hashable(field)...); };
    return py::hash(std::apply(as_tuple, schedule.fields()));
}

template <class Schedule>
FloatArray values(const Schedule& schedule, std::int64_t start, std::int64_t stop) {
    require(start >= 0, "start", "not be negative", start);
    not_less_than("stop", stop, "start", start);
    FloatArray array = new_array(static_cast<std::size_t>(stop - start));
    const Span<double> out = span_of(array);
    {
        const GilRelease unlocked;
        fill(schedule, start, out);
    }
    return array;
}

/// The constructor and the read-only attributes: one of each per field, under the field's name.
template <class Schedule, class... Field, std::size_t... index>
void bind_fields(py::class_<Schedule>& cls, const char* const* names,
                 std::tuple<Field...>* /*type*/, std::index_sequence<index...> /*indices*/) {
    cls.def(py::init<Field...>(), py::arg(names[index])...);
    (cls.def_property_readonly(names[index],
                               [](const Schedule& self) { return std::get<index>(self.fields()); }),
     ...);
}

/// Binds a schedule as an immutable value whose constructor takes `names`, in the order of
/// fields(), and lets it stand wherever an AnySchedule is an argument or a result.
template <class Schedule, std::size_t count>
void bind_schedule(py::module_& m, const char* name, const char* doc,
                   const char* const (&names)[count]) {
    static_assert(count == std::tuple_size_v<Fields<Schedule>>);
    add_schedule_conversion<Schedule>();
    py::class_<Schedule> cls(m, name, py::is_final(), doc);
    bind_fields(cls, names, static_cast<Fields<Schedule>*>(nullptr),
                std::make_index_sequence<count>());
    cls.def("__call__", &Schedule::operator(), py::arg("step"))
        .def("values", &values<Schedule>, py::arg("start"), py::arg("stop"))
        .def("__eq__",
             [](const Schedule& self, const py::object& other) {
                 return py::isinstance<Schedule>(other) &&
                        self.fields() == other.cast<const Schedule&>().fields();
             })
        .def("__hash__", &hash<Schedule>)
        .def(py::pickle(
            [](const Schedule& self) { return self.fields(); },
            [](const Fields<Schedule>& fields) { return std::make_from_tuple<Schedule>(fields); }));
    make_calls_quick(cls);
}

}  // namespace lrcore
