#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil_release.hpp"
#include "lrcore/philox.hpp"

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

}  // namespace lrcore
