#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <string>
#include <vector>

#include "lrcore/support/span.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// A one-dimensional float64 array that the caller may keep.
using FloatArray = pybind11::array_t<double>;

/// Anything that NumPy can turn into a contiguous float64 array.
using InputArray = pybind11::array_t<double, pybind11::array::c_style | pybind11::array::forcecast>;

inline FloatArray new_array(std::size_t size) {
    return FloatArray(static_cast<pybind11::ssize_t>(size));
}

inline FloatArray copy_to_array(const std::vector<double>& values) {
    return FloatArray(static_cast<pybind11::ssize_t>(values.size()), values.data());
}

inline Span<double> span_of(FloatArray& array) {
    return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

template <class T, int flags>
Span<const T> vector_span(const char* name, const pybind11::array_t<T, flags>& array) {
    if (array.ndim() != 1) {
        throw argument_error(name,
                             "must have 1 dimension, but got " + std::to_string(array.ndim()));
    }
    return {array.data(), static_cast<std::size_t>(array.size())};
}

}  // namespace lrcore
