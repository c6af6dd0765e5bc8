#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>

#include "bindings.hpp"
#include "lrcore/range_test/range_test.hpp"
#include "lrcore/range_test/valley.hpp"
#include "support/arrays.hpp"
#include "support/state_dict.hpp"

namespace lrcore {
namespace {

RangeTest make(std::vector<double> start_lr, std::vector<double> end_lr, std::int64_t num_iter,
               double beta, double divergence_factor, std::string step_mode,
               std::int64_t batches_per_lr, std::string align, std::int64_t min_iter) {
    return RangeTest({std::move(start_lr), std::move(end_lr), num_iter, beta, divergence_factor,
                      std::move(step_mode), batches_per_lr, std::move(align), min_iter});
}

/// Shape (points, groups).
FloatArray recorded_group_lrs(const RangeTest& self) {
    const std::vector<std::vector<double>> points = self.recorded_group_lrs();
    FloatArray array({points.size(), self.num_groups()});
    double* out = array.mutable_data();
    for (const std::vector<double>& lrs : points) out = std::copy(lrs.begin(), lrs.end(), out);
    return array;
}

FloatArray losses(const RangeTest& self) { return copy_to_array(self.recorder().losses().points); }

FloatArray smoothed_losses(const RangeTest& self) { return copy_to_array(self.smoothed_losses()); }

std::optional<FloatArray> points_of(const std::optional<LossRecorder::Column>& column) {
    return column ? std::optional(copy_to_array(column->points)) : std::nullopt;
}

}  // namespace

void bind_range_test(py::module_& m) {
    py::native_enum<StopReason>(m, "StopReason", "enum.Enum")
        .value("finished", StopReason::finished)
        .value("diverged", StopReason::diverged)
        .value("nonfinite", StopReason::nonfinite)
        .value("data_exhausted", StopReason::data_exhausted)
        .value("interrupted", StopReason::interrupted)
        .finalize();

    py::class_<RangeTest> cls(m, "RangeTest",
                              "Says which lrs the next update must use, takes its loss, and stops "
                              "at the end or at divergence.");
    cls.def(py::init(&make), py::arg("start_lr"), py::arg("end_lr"), py::arg("num_iter"),
            py::arg("beta"), py::arg("divergence_factor"), py::arg("step_mode"),
            py::arg("batches_per_lr"), py::arg("align"), py::arg("min_iter"))
        .def("record", &RangeTest::record, py::arg("loss"), py::kw_only(), py::arg("training_loss"),
             py::arg("metric"))
        .def("stop", &RangeTest::stop, py::arg("reason"))
        .def_property_readonly("lr", &RangeTest::lr)
        .def_property_readonly("group_lrs", &RangeTest::group_lrs)
        .def_property_readonly("num_iter", &RangeTest::num_iter)
        .def_property_readonly("num_updates", &RangeTest::num_updates)
        .def_property_readonly("updates_done", &RangeTest::updates_done)
        .def_property_readonly("stop_reason", &RangeTest::stop_reason)
        .def_property_readonly("recorded_group_lrs", &recorded_group_lrs)
        .def_property_readonly("losses", &losses)
        .def_property_readonly("smoothed_losses", &smoothed_losses)
        .def_property_readonly(
            "training_losses",
            [](const RangeTest& self) { return points_of(self.recorder().training_losses()); })
        .def_property_readonly(
            "metrics", [](const RangeTest& self) { return points_of(self.recorder().metrics()); });
    bind_state(cls, 2, StateField{"lrs", &RangeTest::State::lrs},
               StateField{"losses", &RangeTest::State::losses},
               StateField{"training_losses", &RangeTest::State::training_losses},
               StateField{"metrics", &RangeTest::State::metrics},
               StateField{"stop_reason", &RangeTest::State::stop_reason});
}

void bind_valley(pybind11::module_& m) {
    m.def(
        "valley", [](const InputArray& losses) { return valley(vector_span("losses", losses)); },
        pybind11::arg("losses"),
        "The index that fastai's valley suggests; -1 means the last loss.");
}

}  // namespace lrcore
