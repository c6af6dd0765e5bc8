#pragma once

#include <array>
#include <cstddef>

#include "lrcore/sgd/memory_overlap.hpp"
#include "lrcore/sgd/sgd.hpp"

namespace lrcore {

/// The size of the parameter, and of its gradient.
inline std::size_t param_bytes(const SgdTensor& tensor) {
    switch (tensor.type) {
        case ElementType::float64:
            return 8 * tensor.size;
        case ElementType::float32:
            return 4 * tensor.size;
        default:
            return 2 * tensor.size;
    }
}

/// The size of its buffer, of its master and of its average.
inline std::size_t wide_bytes(const SgdTensor& tensor) {
    return (tensor.type == ElementType::float64 ? 8 : 4) * tensor.size;
}

Bytes gradient_bytes(const SgdTensor& tensor);

/// Where its parameter, buffer, master and average lie; empty where there is none.
std::array<Bytes, 4> written_bytes(const SgdTensor& tensor);

/// Whether two of the tensor's own arrays share a byte.
bool overlaps_itself(const SgdTensor& tensor);

}  // namespace lrcore
