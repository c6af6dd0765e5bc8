#include <pybind11/numpy.h>

#include "bindings.hpp"

PYBIND11_MODULE(_core, m) {
    m.doc() = "The C++ core of lrcore: raw and private. Use the classes of the package lrcore.";
    m.attr("__version__") = LRCORE_VERSION;
    // Looks up NumPy's C interface now. The first kernel would do so in a way that ends the process
    // if the interpreter shuts down meanwhile: see gil_release.hpp.
    pybind11::dtype::of<float>();
    lrcore::bind_errors(m);
    lrcore::bind_schedules(m);
    lrcore::bind_param_group_writer(m);
    lrcore::bind_ema(m);
    lrcore::bind_divergence(m);
    lrcore::bind_range_test(m);
    lrcore::bind_plateau(m);
    lrcore::bind_sgd(m);
    lrcore::bind_sgd_plan(m);
    lrcore::bind_identity(m);
    lrcore::bind_threads(m);
    lrcore::bind_valley(m);
    lrcore::bind_philox(m);
    lrcore::bind_lookup_table(m);
}
