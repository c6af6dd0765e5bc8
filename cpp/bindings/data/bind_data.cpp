#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "lrcore/data/lookup_table.hpp"
#include "lrcore/data/philox.hpp"
#include "support/arrays.hpp"
#include "support/gil_release.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

using WordArray = py::array_t<std::uint64_t, py::array::c_style>;

WordArray words(std::uint64_t seed, std::uint64_t epoch, std::uint64_t stream,
                const WordArray& samples, const WordArray& starts, std::size_t width) {
    const Span<const std::uint64_t> sample_span = vector_span("samples", samples);
    const Span<const std::uint64_t> start_span = vector_span("starts", starts);
    WordArray rows({sample_span.size(), width});
    const Span<std::uint64_t> out{rows.mutable_data(), static_cast<std::size_t>(rows.size())};
    {
        const GilRelease unlocked;
        philox_words(seed, epoch, stream, sample_span, start_span, width, out);
    }
    return rows;
}

}  // namespace

void bind_philox(py::module_& m) {
    m.def("philox_words", &words, py::arg("seed"), py::arg("epoch"), py::arg("stream"),
          py::arg("samples"), py::arg("starts"), py::arg("width"),
          "Rows of random words: row i holds width words of samples[i] from the one numbered "
          "starts[i] on.");
}

namespace {

using LevelArray = py::array_t<std::uint8_t, py::array::c_style>;
using TableArray = py::array_t<float, py::array::c_style>;

template <class T, int flags>
Span<const T> elements(const py::array_t<T, flags>& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

py::array_t<float> apply_lookup_table_to_array(const LevelArray& levels, const TableArray& tables) {
    py::array_t<float> array(
        std::vector<py::ssize_t>(levels.shape(), levels.shape() + levels.ndim()));
    const Span<float> out{array.mutable_data(), static_cast<std::size_t>(array.size())};
    {
        const GilRelease unlocked;
        apply_lookup_table(elements(levels), elements(tables), out);
    }
    return array;
}

}  // namespace

void bind_lookup_table(py::module_& m) {
    m.def("apply_lookup_table", &apply_lookup_table_to_array, py::arg("levels"), py::arg("tables"),
          "The number of each level in the table of its channel, which is the last axis.");
}

}  // namespace lrcore
