#pragma once

#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// Index suggested by fastai's `valley`: part-way down the longest valley, which is the longest
/// decreasing subsequence taken as an interval of that length up to its last loss. As in fastai it
/// may be -1, the last loss. NaN compares neither above nor below anything.
///
/// O(n log n) for n losses. Throws argument_error if there are none.
std::int64_t valley(Span<const double> losses);

}  // namespace lrcore
