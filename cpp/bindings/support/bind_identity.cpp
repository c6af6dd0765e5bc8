#include <pybind11/typing.h>

#include <algorithm>

#include "bindings.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

using ObjectList = py::typing::List<py::object>;
using ObjectDict = py::typing::Dict<py::object, py::object>;
using DictList = py::typing::List<ObjectDict>;

PyObject** items(const py::list& list) { return PySequence_Fast_ITEMS(list.ptr()); }

bool same_objects(const ObjectList& first, const ObjectList& second) {
    const auto size = static_cast<py::ssize_t>(first.size());
    return first.size() == second.size() &&
           std::equal(items(first), items(first) + size, items(second));
}

bool same_items(const ObjectDict& dict, const ObjectList& keys, const ObjectList& values) {
    if (dict.size() != keys.size() || dict.size() != values.size()) return false;
    PyObject *key = nullptr, *value = nullptr;
    py::ssize_t place = 0;
    for (py::ssize_t i = 0; PyDict_Next(dict.ptr(), &place, &key, &value) != 0; ++i) {
        if (key != items(keys)[i] || value != items(values)[i]) return false;
    }
    return true;
}

/// Borrowed references are safe: the key is a str, so no Python code runs here.
bool same_values(const DictList& dicts, const py::str& key, const ObjectList& values) {
    if (dicts.size() != values.size()) return false;
    for (std::size_t i = 0; i < dicts.size(); ++i) {
        PyObject* dict = items(dicts)[i];
        if (PyDict_Check(dict) == 0) return false;
        if (PyDict_GetItemWithError(dict, key.ptr()) != items(values)[i]) {
            PyErr_Clear();
            return false;
        }
    }
    return true;
}

bool have_types(const ObjectList& objects, const ObjectList& types) {
    const auto first = items(types), last = items(types) + types.size();
    const auto is_listed = [&](PyObject* object) {
        return std::find(first, last, reinterpret_cast<PyObject*>(Py_TYPE(object))) != last;
    };
    return std::all_of(items(objects), items(objects) + objects.size(), is_listed);
}

}  // namespace

void bind_identity(py::module_& m) {
    m.def("same_objects", &same_objects, py::arg("first"), py::arg("second"), py::pos_only(),
          "Whether two lists hold the same objects in the same order, whatever these equal.");
    m.def("same_items", &same_items, py::arg("dict"), py::arg("keys"), py::arg("values"),
          py::pos_only(), "Whether a dict holds these very keys and values in this order.");
    m.def("same_values", &same_values, py::arg("dicts"), py::arg("key"), py::arg("values"),
          py::pos_only(), "Whether each dict holds this very value under the key.");
    m.def("have_types", &have_types, py::arg("objects"), py::arg("types"), py::pos_only(),
          "Whether the type of each object is one of these, not one that inherits from them.");
}

}  // namespace lrcore
