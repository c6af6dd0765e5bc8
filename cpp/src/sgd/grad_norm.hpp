#pragma once

#include <cstddef>

#include "lrcore/sgd/sgd.hpp"
#include "parallel/cpu.hpp"

namespace lrcore {

/// Sum of (grad_factor * grad)^2 over elements [begin, end) in float64. The summation order depends
/// on end - begin only, so every instruction set gives the same bits.
double sum_of_squares(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                      double grad_factor, InstructionSet instructions) noexcept;

}  // namespace lrcore
