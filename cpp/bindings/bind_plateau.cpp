#include <pybind11/stl.h>

#include "bindings.hpp"
#include "lrcore/plateau.hpp"
#include "state_dict.hpp"

namespace lrcore {

void bind_plateau(py::module_& m) {
    py::class_<Plateau> cls(m, "Plateau",
                            "Says when to reduce the lr: after more than patience metrics in a row "
                            "that are not better.");
    cls.def(py::init<std::string, double, std::int64_t, double, std::string, std::int64_t>(),
            py::arg("mode"), py::arg("factor"), py::arg("patience"), py::arg("threshold"),
            py::arg("threshold_mode"), py::arg("cooldown"))
        .def("update", &Plateau::update, py::arg("metric"))
        .def("reduced", &Plateau::reduced, py::arg("lr"), py::arg("min_lr"))
        .def_property_readonly("best", &Plateau::best)
        .def_property_readonly("num_bad", &Plateau::num_bad)
        .def_property_readonly("cooldown_left", &Plateau::cooldown_left);
    bind_state(cls, 1, StateField{"best", &Plateau::State::best},
               StateField{"num_bad", &Plateau::State::num_bad},
               StateField{"cooldown_left", &Plateau::State::cooldown_left});
}

}  // namespace lrcore
