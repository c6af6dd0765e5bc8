#pragma once

#include <array>
#include <cstddef>

#include "lrcore/sgd/memory_overlap.hpp"
#include "lrcore/sgd/sgd.hpp"

namespace lrcore {

/// Size in bytes of the parameter, and of its gradient.
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

/// Size in bytes of its buffer, of its master and of its average.
inline std::size_t wide_bytes(const SgdTensor& tensor) {
    return (tensor.type == ElementType::float64 ? 8 : 4) * tensor.size;
}

Bytes gradient_bytes(const SgdTensor& tensor);

/// Memory of its parameter, buffer, master and average; empty for an array it does not have.
std::array<Bytes, 4> written_bytes(const SgdTensor& tensor);

/// True if two of the tensor's own arrays share a byte, of which at least one is written.
bool overlaps_itself(const SgdTensor& tensor);

}  // namespace lrcore
