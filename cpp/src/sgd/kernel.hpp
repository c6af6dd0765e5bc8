#pragma once

#include <cstddef>

#include "lrcore/sgd/sgd.hpp"
#include "parallel/cpu.hpp"
#include "sgd/grad_norm.hpp"

namespace lrcore {

/// Updates elements [begin, end) of one tensor on the calling thread. Returns how many elements of
/// the gradient are infinite or NaN if the options ask for it, else 0.
std::size_t sgd_update(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                       const SgdOptions& options, InstructionSet instructions) noexcept;

}  // namespace lrcore
