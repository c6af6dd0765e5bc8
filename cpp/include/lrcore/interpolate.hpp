#pragma once

#include <algorithm>

namespace lrcore {

/// from + (to - from) * x, exact at x = 0 and x = 1, and never outside [from, to].
inline double interpolate(double from, double to, double x) {
    if (x <= 0.0) return from;
    if (x >= 1.0) return to;
    const double between = from + (to - from) * x;
    return std::clamp(between, std::min(from, to), std::max(from, to));
}

}  // namespace lrcore
