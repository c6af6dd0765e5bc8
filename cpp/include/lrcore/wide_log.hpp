#pragma once

#include <cmath>

#include "lrcore/double_double.hpp"

namespace lrcore {

/// log(value) for 0 < value, off by no more than 2^-55 however great it is: the logarithm of the
/// fraction is small, and the exponent's multiple of log(2) has 106 bits.
inline DoubleDouble wide_log(double value) {
    constexpr DoubleDouble log2{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    constexpr double root_half = 0x1.6a09e667f3bcdp-1;
    int exponent = 0;
    double fraction = std::frexp(value, &exponent);
    if (fraction < root_half) {
        fraction *= 2.0;
        --exponent;
    }
    return log2 * static_cast<double>(exponent) + DoubleDouble{std::log(fraction), 0.0};
}

}  // namespace lrcore
