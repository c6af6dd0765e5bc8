#include "support/state_dict.hpp"

#include <pybind11/stl.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

std::string text(py::handle json) { return py::repr(json).cast<std::string>(); }

[[noreturn]] void reject(const std::string& key, const char* expected, py::handle json) {
    throw py::type_error(key + " must be " + expected + ", but got " + text(json));
}

bool is_integer(py::handle json) {
    return py::isinstance<py::int_>(json) && !py::isinstance<py::bool_>(json);
}

bool is_nonfinite_name(py::handle json) {
    if (!py::isinstance<py::str>(json)) return false;
    const auto text = json.cast<std::string>();
    return text == "nan" || text == "inf" || text == "-inf";
}

}  // namespace

py::object to_json(double value) {
    return std::isfinite(value) ? py::object(py::float_(value)) : py::object(py::str(repr(value)));
}

py::object to_json(std::int64_t value) { return py::int_(value); }

py::object to_json(StopReason value) {
    return py::str(stop_reasons[static_cast<std::size_t>(value)]);
}

void from_json(py::handle json, const std::string& key, double& value) {
    if (!py::isinstance<py::float_>(json) && !is_integer(json) && !is_nonfinite_name(json)) {
        reject(key, "a number", json);
    }
    value = py::float_(py::reinterpret_borrow<py::object>(json));
}

void from_json(py::handle json, const std::string& key, std::int64_t& value) {
    if (!is_integer(json)) reject(key, "an integer", json);
    try {
        value = json.cast<std::int64_t>();
    } catch (const py::cast_error&) {
        throw std::invalid_argument(key + " must fit in 64 bits, but got " + text(json));
    }
}

void from_json(py::handle json, const std::string& key, StopReason& value) {
    if (!py::isinstance<py::str>(json)) reject(key, "a string or None", json);
    value = parse_choice<StopReason>(key, json.cast<std::string>(), stop_reasons);
}

py::list list_of(py::handle json, const std::string& key) {
    if (!py::isinstance<py::list>(json)) reject(key, "a list", json);
    return py::reinterpret_borrow<py::list>(json);
}

void check_keys(const StateDict& dict, int version, const std::set<std::string>& keys) {
    if (!dict.contains("version")) throw std::invalid_argument("the state has no key 'version'");
    const py::object given = dict["version"];
    if (!given.equal(py::int_(version))) {
        throw std::invalid_argument("the state's version must be " + std::to_string(version) +
                                    ", but got " + text(given));
    }
    for (const std::string& key : keys) {
        if (!dict.contains(key)) throw std::invalid_argument("the state has no key '" + key + "'");
    }
    for (const auto& [key, value] : dict) {
        const auto name = py::str(key).cast<std::string>();
        if (name != "version" && keys.count(name) == 0) {
            throw std::invalid_argument("the state has an unknown key '" + name + "'");
        }
    }
}

}  // namespace lrcore
