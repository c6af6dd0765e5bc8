#pragma once

#include <array>

#include "lrcore/sgd.hpp"
#include "lrcore/written_memory.hpp"

namespace lrcore {

Bytes gradient_bytes(const SgdTensor& tensor);

/// Where its parameter, buffer, master and average lie; empty where there is none.
std::array<Bytes, 4> written_bytes(const SgdTensor& tensor);

/// Whether two of the tensor's own arrays share a byte.
bool overlaps_itself(const SgdTensor& tensor);

}  // namespace lrcore
