#pragma once

#include <algorithm>
#include <cmath>

#include "lrcore/double_double.hpp"

namespace lrcore {

/// base^exponent for 0 <= base <= 1, 0 < exponent. A power magnifies the rounding of its base: the
/// base's low digits are added back to first order.
inline double wide_power(DoubleDouble base, double exponent) {
    if (base.high <= 0.0) return 0.0;
    const double rounded = std::pow(base.high, exponent);
    const double lost = exponent * (base.low / base.high);
    return std::clamp(rounded + rounded * lost, 0.0, 1.0);
}

}  // namespace lrcore
