#pragma once

#include "lrcore/double_double.hpp"

namespace lrcore {

/// (1 - cos(pi * x)) / 2 for 0 <= x <= 1/2: u/4 (1 - u/12 (1 - u/30 (1 - ...))), u = (pi * x)^2.
/// What is left of the series from u/56 on is so small a part that one float64 holds enough of it.
inline DoubleDouble wide_wave(DoubleDouble x) {
    constexpr DoubleDouble pi{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
    constexpr DoubleDouble one{1.0, 0.0};
    const DoubleDouble y = pi * x;
    const DoubleDouble u = y * y;
    double tail = 1.0;
    for (double n = 24.0; n >= 8.0; n -= 2.0) tail = 1.0 - u.high / (n * (n - 1.0)) * tail;
    const DoubleDouble inner = one - u / DoubleDouble{30.0, 0.0} * tail;
    return (one - u / DoubleDouble{12.0, 0.0} * inner) * u * 0.25;
}

/// sin^2(pi/2 * x) with 59 bits, for powers of it, and 0 <= x <= 1. `rest` is 1 - x.
inline DoubleDouble wide_sine_squared(DoubleDouble x, DoubleDouble rest) {
    return x.high < rest.high ? wide_wave(x) : DoubleDouble{1.0, 0.0} - wide_wave(rest);
}

}  // namespace lrcore
