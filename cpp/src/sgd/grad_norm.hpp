#pragma once

#include <cstddef>

#include "lrcore/sgd/sgd.hpp"
#include "parallel/cpu.hpp"

namespace lrcore {

/// The sum of (grad_factor * grad)^2 over elements [begin, end), in float64 and in an order that
/// depends on end - begin alone: the same bits for every instruction set.
double sum_of_squares(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                      double grad_factor, InstructionSet instructions) noexcept;

}  // namespace lrcore
