#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <tuple>

#include "bindings.hpp"
#include "lrcore/monitors/divergence.hpp"
#include "lrcore/monitors/ema.hpp"
#include "lrcore/monitors/plateau.hpp"
#include "lrcore/support/validate.hpp"
#include "support/arrays.hpp"
#include "support/state_dict.hpp"

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

namespace {

using Numbers = std::vector<double>;

void require_one_per_lr(const char* name, const Numbers& values, const Numbers& lrs) {
    const auto count = static_cast<std::int64_t>(values.size());
    require(values.size() == lrs.size(), std::string("len(") + name + ")",
            "be len(lrs)=" + std::to_string(lrs.size()), count);
}

using StepBadLrs = std::tuple<std::int64_t, std::int64_t, Numbers>;

std::optional<StepBadLrs> update(Plateau& self, double metric, const Numbers& lrs,
                                 const Numbers& min_lrs, const Numbers& eps) {
    require_one_per_lr("min_lrs", min_lrs, lrs);
    require_one_per_lr("eps", eps, lrs);
    std::vector<Plateau::Lr> bounded;
    for (std::size_t i = 0; i < lrs.size(); ++i) bounded.push_back({lrs[i], min_lrs[i], eps[i]});
    const auto reduction = self.update(metric, bounded);
    if (!reduction) return std::nullopt;
    return StepBadLrs{reduction->step, reduction->num_bad, reduction->lrs};
}

}  // namespace

void bind_plateau(py::module_& m) {
    py::class_<Plateau> cls(m, "Plateau",
                            "Reduces learning rates after too many metrics in a row that are not "
                            "better than the best.");
    cls.def(py::init<std::string, double, std::int64_t, double, std::string, std::int64_t,
                     std::string, std::string>(),
            py::arg("mode"), py::arg("factor"), py::arg("patience"), py::arg("threshold"),
            py::arg("threshold_mode"), py::arg("cooldown"), py::arg("compat"), py::arg("nan"))
        .def("update", &update, py::arg("metric"), py::arg("lrs"), py::arg("min_lrs"),
             py::arg("eps"))
        .def_property_readonly("best", [](const Plateau& self) { return self.state().best; })
        .def_property_readonly("num_bad", [](const Plateau& self) { return self.state().num_bad; })
        .def_property_readonly("cooldown_left",
                               [](const Plateau& self) { return self.state().cooldown_left; })
        .def_property_readonly("step", [](const Plateau& self) { return self.state().step; });
    bind_state(cls, 2, StateField{"best", &Plateau::State::best},
               StateField{"num_bad", &Plateau::State::num_bad},
               StateField{"cooldown_left", &Plateau::State::cooldown_left},
               StateField{"step", &Plateau::State::step});
}

}  // namespace lrcore
