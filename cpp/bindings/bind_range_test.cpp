#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lrcore/range_test.hpp"
#include "state_dict.hpp"

namespace lrcore {

void bind_range_test(py::module_& m) {
    py::native_enum<StopReason>(m, "StopReason", "enum.Enum")
        .value("finished", StopReason::finished)
        .value("diverged", StopReason::diverged)
        .value("nonfinite", StopReason::nonfinite)
        .value("data_exhausted", StopReason::data_exhausted)
        .value("interrupted", StopReason::interrupted)
        .finalize();

    const auto array_of = [](const std::vector<double>& (RangeTest::*column)() const) {
        return [column](const RangeTest& self) { return copy_to_array((self.*column)()); };
    };
    py::class_<RangeTest> cls(m, "RangeTest",
                              "Says which lr the next update must use, takes its loss, and stops "
                              "at the end or at divergence.");
    cls.def(py::init<double, double, std::int64_t, double, double>(), py::arg("start_lr"),
            py::arg("end_lr"), py::arg("num_iter"), py::arg("beta"), py::arg("divergence_factor"))
        .def("record", &RangeTest::record, py::arg("loss"))
        .def("stop", &RangeTest::stop, py::arg("reason"))
        .def_property_readonly("lr", &RangeTest::lr)
        .def_property_readonly("num_iter", &RangeTest::num_iter)
        .def_property_readonly("stop_reason", &RangeTest::stop_reason)
        .def_property_readonly("lrs", array_of(&RangeTest::lrs))
        .def_property_readonly("losses", array_of(&RangeTest::losses))
        .def_property_readonly("smoothed_losses", array_of(&RangeTest::smoothed_losses));
    bind_state(cls, StateField{"lrs", &RangeTest::State::lrs},
               StateField{"losses", &RangeTest::State::losses},
               StateField{"stop_reason", &RangeTest::State::stop_reason});
}

}  // namespace lrcore
