#include <pybind11/stl.h>

#include "any_schedule_caster.hpp"
#include "bindings.hpp"
#include "scheduled_groups.hpp"

namespace lrcore {

namespace py = pybind11;

void bind_scheduled_groups(py::module_& m) {
    py::class_<ScheduledGroups>(m, "ScheduledGroups", py::is_final(),
                                "Writes what schedules say into an optimizer's param groups.")
        .def(py::init<const std::vector<ScheduledGroups::Entry>&>(), py::arg("entries"))
        .def("write", &ScheduledGroups::write, py::arg("groups"), py::arg("step"),
             py::arg("factor"));
}

}  // namespace lrcore
