#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <vector>

#include "lrcore/span.hpp"

namespace lrcore {

/// A one-dimensional float64 array that the caller may keep.
using FloatArray = pybind11::array_t<double>;

inline FloatArray new_array(std::size_t size) {
    return FloatArray(static_cast<pybind11::ssize_t>(size));
}

inline FloatArray copy_to_array(const std::vector<double>& values) {
    return FloatArray(static_cast<pybind11::ssize_t>(values.size()), values.data());
}

inline Span<double> span_of(FloatArray& array) {
    return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

}  // namespace lrcore
