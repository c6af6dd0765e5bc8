#include "bindings.hpp"
#include "lrcore/parallel/thread_pool.hpp"

namespace lrcore {

namespace py = pybind11;

void bind_threads(py::module_& m) {
    m.def("num_threads", &num_threads, "How many threads one kernel uses at most.");
    m.def("set_num_threads", &set_num_threads, py::arg("num_threads"),
          "Holds for all kernels that begin from now on.");
}

}  // namespace lrcore
