#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lrcore/ema.hpp"
#include "state_dict.hpp"

namespace lrcore {
namespace {

FloatArray smooth_array(const InputArray& values, double beta) {
    const Span<const double> in = vector_span("values", values);
    FloatArray array = new_array(in.size());
    smooth(in, beta, span_of(array));
    return array;
}

}  // namespace

void bind_ema(py::module_& m) {
    py::class_<Ema> cls(m, "Ema",
                        "Bias-corrected exponential moving average: m = beta * m + (1 - beta) * x, "
                        "seen as m / (1 - beta^t).");
    cls.def(py::init<double>(), py::arg("beta"))
        .def("update", &Ema::update, py::arg("x"))
        .def_property_readonly("value", &Ema::value)
        .def_property_readonly("count", &Ema::count)
        .def_property_readonly("beta", &Ema::beta);
    bind_state(cls, 1, StateField{"mean", &Ema::State::mean},
               StateField{"count", &Ema::State::count});
    m.def("smooth", &smooth_array, py::arg("values"), py::arg("beta"),
          "The bias-corrected average after each of the values.");
}

}  // namespace lrcore
