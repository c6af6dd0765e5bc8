#pragma once

#include <pybind11/pybind11.h>

namespace lrcore {

void bind_errors(pybind11::module_& m);
void bind_schedules(pybind11::module_& m);
void bind_param_group_writer(pybind11::module_& m);
void bind_ema(pybind11::module_& m);
void bind_divergence(pybind11::module_& m);
void bind_range_test(pybind11::module_& m);
void bind_plateau(pybind11::module_& m);
void bind_sgd(pybind11::module_& m);
void bind_sgd_plan(pybind11::module_& m);
void bind_identity(pybind11::module_& m);
void bind_threads(pybind11::module_& m);
void bind_valley(pybind11::module_& m);
void bind_philox(pybind11::module_& m);
void bind_lookup_table(pybind11::module_& m);

}  // namespace lrcore
