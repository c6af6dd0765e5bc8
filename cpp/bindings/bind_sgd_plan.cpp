#include <pybind11/stl.h>

#include "bindings.hpp"
#include "python_sgd_plan.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

PositionList read(PythonSgdPlan& plan, const ObjectList& params, const ObjectList& grads,
                  const ObjectList& buffers, const PositionList& groups, const ObjectList& masters,
                  const ObjectList& averages, const PositionList& first_momenta,
                  const PositionList& first_averages) {
    return plan.read(
        {params, grads, buffers, masters, averages, groups, first_momenta, first_averages});
}

}  // namespace

void bind_sgd_plan(py::module_& m) {
    py::class_<PythonSgdPlan>(m, "SgdPlan", "Updates many tensors at once, step after step.")
        .def(py::init<py::object>(), py::arg("to_dlpack") = py::none())
        .def("read", &read, py::arg("params"), py::arg("grads"), py::arg("buffers"),
             py::arg("groups"), py::arg("masters"), py::arg("averages"), py::arg("first_momenta"),
             py::arg("first_averages"),
             "Takes the tensors of the next step; returns the positions that it leaves alone.")
        .def("grad_norm", &PythonSgdPlan::grad_norm, py::arg("grad_factor") = 1.0,
             py::arg("num_threads") = 0, "The norm of all gradients that were read.")
        .def("step", &PythonSgdPlan::step, py::arg("options"),
             "One update of what was read; returns the number of gradients inf or NaN.")
        .def_property_readonly("params_updated", &PythonSgdPlan::params_updated);
}

}  // namespace lrcore
