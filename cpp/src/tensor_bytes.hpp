#pragma once

#include <cstddef>

#include "lrcore/sgd.hpp"

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

}  // namespace lrcore
