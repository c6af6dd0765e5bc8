#pragma once

#include <pybind11/pybind11.h>

namespace lrcore {

void bind_errors(pybind11::module_& m);
void bind_schedules(pybind11::module_& m);
void bind_scheduled_groups(pybind11::module_& m);
void bind_ema(pybind11::module_& m);
void bind_divergence(pybind11::module_& m);
void bind_range_test(pybind11::module_& m);
void bind_plateau(pybind11::module_& m);
void bind_sgd(pybind11::module_& m);
void bind_sgd_plan(pybind11::module_& m);
void bind_same_objects(pybind11::module_& m);
void bind_thread_pool(pybind11::module_& m);
void bind_valley(pybind11::module_& m);
void bind_philox(pybind11::module_& m);
void bind_look_up(pybind11::module_& m);

}  // namespace lrcore
