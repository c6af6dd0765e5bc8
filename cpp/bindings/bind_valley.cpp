#include <pybind11/numpy.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "lrcore/valley.hpp"

namespace lrcore {

void bind_valley(pybind11::module_& m) {
    m.def(
        "valley", [](const InputArray& losses) { return valley(vector_span("losses", losses)); },
        pybind11::arg("losses"),
        "The index that fastai's valley suggests; -1 means the last loss.");
}

}  // namespace lrcore
