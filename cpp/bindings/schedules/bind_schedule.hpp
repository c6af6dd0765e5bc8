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

/// schedule.value(step). Skips pybind11's overload resolution, which takes longer than most
/// schedules do; everything but a plain int and a valid step falls back to schedule(step).
template <class Schedule>
PyObject* value(PyObject* self, PyObject* step) {
    if (PyLong_CheckExact(step)) {
        int overflow = 0;
        const std::int64_t number = PyLong_AsLongLongAndOverflow(step, &overflow);
        try {
            if (overflow == 0) {
                return PyFloat_FromDouble(py::handle(self).cast<const Schedule&>()(number));
            }
        } catch (...) {  // raised again by the call below, as a Python error
        }
    }
    return PyObject_CallFunctionObjArgs(self, step, nullptr);
}

template <class Schedule>
void add_value_method(py::class_<Schedule>& cls) {
    static PyMethodDef method{
        "value", &value<Schedule>, METH_O,
        "value(self, step: typing.SupportsInt | typing.SupportsIndex) -> float"};
    auto* const type = reinterpret_cast<PyTypeObject*>(cls.ptr());
    cls.attr("value") = py::reinterpret_steal<py::object>(PyDescr_NewMethod(type, &method));
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
/// fields(), and registers its conversion to and from AnySchedule.
template <class Schedule, std::size_t count>
void bind_schedule(py::module_& m, const char* name, const char* const (&names)[count]) {
    static_assert(count == std::tuple_size_v<Fields<Schedule>>);
    add_schedule_conversion<Schedule>();
    py::class_<Schedule> cls(m, name, py::is_final());
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
    add_value_method(cls);
}

}  // namespace lrcore
