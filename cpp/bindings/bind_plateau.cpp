#include <pybind11/stl.h>

#include <tuple>

#include "bindings.hpp"
#include "lrcore/plateau.hpp"
#include "lrcore/validate.hpp"
#include "state_dict.hpp"

namespace lrcore {
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
