#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lrcore/ema.hpp"
#include "state_dict.hpp"

namespace lrcore {
namespace {

using InputArray = py::array_t<double, py::array::c_style | py::array::forcecast>;

FloatArray smooth_array(const InputArray& values, double beta) {
    if (values.ndim() != 1) {
        throw std::invalid_argument("values must have 1 dimension, but got " +
                                    std::to_string(values.ndim()));
    }
    const Span<const double> in(values.data(), static_cast<std::size_t>(values.size()));
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
    bind_state(cls, StateField{"mean", &Ema::State::mean}, StateField{"count", &Ema::State::count});
    m.def("smooth", &smooth_array, py::arg("values"), py::arg("beta"),
          "The bias-corrected average after each of the values.");
}

}  // namespace lrcore
