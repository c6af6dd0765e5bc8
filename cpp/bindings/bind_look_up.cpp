#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "gil_release.hpp"
#include "lrcore/look_up.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

using LevelArray = py::array_t<std::uint8_t, py::array::c_style>;
using TableArray = py::array_t<float, py::array::c_style>;

template <class T, int flags>
Span<const T> elements(const py::array_t<T, flags>& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

py::array_t<float> look_up_array(const LevelArray& levels, const TableArray& tables) {
    py::array_t<float> array(
        std::vector<py::ssize_t>(levels.shape(), levels.shape() + levels.ndim()));
    const Span<float> out{array.mutable_data(), static_cast<std::size_t>(array.size())};
    {
        const GilRelease unlocked;
        look_up(elements(levels), elements(tables), out);
    }
    return array;
}

}  // namespace

void bind_look_up(py::module_& m) {
    m.def("look_up", &look_up_array, py::arg("levels"), py::arg("tables"),
          "The number of each level in the table of its channel, which is the last axis.");
}

}  // namespace lrcore
