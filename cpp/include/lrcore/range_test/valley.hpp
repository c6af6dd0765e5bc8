#pragma once

#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// The index that fastai's `valley` suggests: half-way down the longest valley, which is the
/// longest decreasing subsequence taken as a stretch that ends with it. Like fastai's it may be -1,
/// which means the last loss. NaN is neither above nor below anything.
///
/// O(n log n) for n losses. std::invalid_argument when there are none.
std::int64_t valley(Span<const double> losses);

}  // namespace lrcore
