#pragma once

#include <cstddef>

#include "instruction_set.hpp"
#include "lrcore/sgd.hpp"
#include "sum_of_squares.hpp"

namespace lrcore {

/// Updates elements [begin, end) of one tensor on the calling thread. Returns how many elements of
/// the gradient are infinite or NaN if the options ask for it, else 0.
std::size_t sgd_update(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                       const SgdOptions& options, InstructionSet instructions) noexcept;

}  // namespace lrcore
