#pragma once

#include <algorithm>
#include <cmath>

namespace lrcore {

/// sin^2(pi/2 * part / whole) for 0 <= part <= whole, 0 < whole.
inline double sine_squared(double part, double whole) {
    constexpr double half_pi = 1.57079632679489661923;
    constexpr double half_pi_rest = 6.123233995736766036e-17;  // pi/2 less its float64
    const double quotient = part / whole;
    const double quotient_rest = std::fma(-quotient, whole, part) / whole;
    const double angle = half_pi * quotient;
    // What the angle lost in three roundings, which squaring would double, added back to first
    // order.
    const double angle_rest =
        std::fma(half_pi, quotient, -angle) + half_pi * quotient_rest + half_pi_rest * quotient;
    const double sine = std::sin(angle);
    const double cosine = std::sqrt(std::max(0.0, 1.0 - sine * sine));
    return std::clamp(std::fma(sine, sine, 2.0 * sine * cosine * angle_rest), 0.0, 1.0);
}

}  // namespace lrcore
