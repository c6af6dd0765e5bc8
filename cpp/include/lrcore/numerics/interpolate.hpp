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

/// from * from_weight + to * to_weight, never outside [from, to]. With weights that add up to 1
/// this is interpolate(), but accurate also where the result is far smaller than one end.
inline double weighted_mean(double from, double from_weight, double to, double to_weight) {
    const double mean = from * from_weight + to * to_weight;
    return std::clamp(mean, std::min(from, to), std::max(from, to));
}

}  // namespace lrcore
