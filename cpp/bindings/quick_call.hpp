#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>

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

}  // namespace lrcore
