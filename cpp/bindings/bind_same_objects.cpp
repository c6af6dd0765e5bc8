#include <pybind11/typing.h>

#include <algorithm>

#include "bindings.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

using ObjectList = py::typing::List<py::object>;

bool same_objects(const ObjectList& first, const ObjectList& second) {
    const auto begin = PySequence_Fast_ITEMS(first.ptr());
    const auto size = static_cast<py::ssize_t>(first.size());
    return first.size() == second.size() &&
           std::equal(begin, begin + size, PySequence_Fast_ITEMS(second.ptr()));
}

}  // namespace

void bind_same_objects(py::module_& m) {
    m.def("same_objects", &same_objects, py::arg("first"), py::arg("second"), py::pos_only(),
          "Whether two lists hold the same objects in the same order, whatever these equal.");
}

}  // namespace lrcore
