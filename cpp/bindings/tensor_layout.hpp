#pragma once

#include <cstddef>

#include "dlpack.hpp"

namespace lrcore {

std::size_t element_count(const dlpack::Tensor& tensor);

/// Whether the elements fill one block of memory, in any order of the dimensions.
bool is_dense(const dlpack::Tensor& tensor);

/// Whether the elements of equal indices lie at equal places in the two blocks of memory.
bool have_one_layout(const dlpack::Tensor& a, const dlpack::Tensor& b);

}  // namespace lrcore
