#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace lrcore {

/// first * ratio^exponent for ratio >= 0, the largest float64 where that overflows.
inline double geometric(double first, double ratio, double exponent) {
    constexpr double largest = std::numeric_limits<double>::max();
    const double power = std::pow(ratio, exponent);
    if (std::isnormal(power)) return std::min(first * power, largest);
    // The power alone may leave the range of float64 where the product does not.
    const double root = std::pow(ratio, 0.5 * exponent);
    return std::min(first * root * root, largest);
}

}  // namespace lrcore
