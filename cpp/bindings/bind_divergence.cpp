#include <pybind11/native_enum.h>
#include <pybind11/stl.h>

#include "bindings.hpp"
#include "lrcore/divergence.hpp"
#include "state_dict.hpp"

namespace lrcore {

void bind_divergence(py::module_& m) {
    py::native_enum<Verdict>(m, "Verdict", "enum.Enum")
        .value("ok", Verdict::ok)
        .value("diverged", Verdict::diverged)
        .value("nonfinite", Verdict::nonfinite)
        .finalize();

    py::class_<DivergenceDetector> cls(
        m, "DivergenceDetector",
        "Judges a loss against the best so far: diverged when loss - best > (factor - 1) * scale.");
    cls.def(py::init<double>(), py::arg("factor"))
        .def("update", &DivergenceDetector::update, py::arg("loss"))
        .def_property_readonly("factor", &DivergenceDetector::factor)
        .def_property_readonly("best", &DivergenceDetector::best);
    bind_state(cls, 1, StateField{"first", &DivergenceDetector::State::first},
               StateField{"best", &DivergenceDetector::State::best});
}

}  // namespace lrcore
