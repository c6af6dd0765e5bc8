#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "lrcore/numerics/double_double.hpp"

namespace lrcore {

/// first * ratio^exponent for ratio >= 0; the largest float64 on overflow.
inline double geometric(double first, double ratio, double exponent) {
    constexpr double largest = std::numeric_limits<double>::max();
    const double power = std::pow(ratio, exponent);
    if (std::isnormal(power)) return std::min(first * power, largest);
    // The power alone may over- or underflow where the product does not.
    const double root = std::pow(ratio, 0.5 * exponent);
    return std::min(first * root * root, largest);
}

/// log(value) for 0 < value, off by no more than 2^-55 however great it is: the logarithm of the
/// fraction is small, and the exponent's multiple of log(2) has 106 bits.
inline DoubleDouble dd_log(double value) {
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

/// base^exponent for 0 <= base <= 1, 0 < exponent. A power magnifies the rounding error of its
/// base, so the base's low part is added back to first order.
inline double dd_pow(DoubleDouble base, double exponent) {
    if (base.high <= 0.0) return 0.0;
    const double rounded = std::pow(base.high, exponent);
    const double lost = exponent * (base.low / base.high);
    return std::clamp(rounded + rounded * lost, 0.0, 1.0);
}

/// log(part / whole) for part + rest = whole. Near 0 it is computed as log1p(-rest / whole), which
/// does not cancel.
inline DoubleDouble dd_log_quotient(double part, double rest, double whole) {
    const DoubleDouble left = DoubleDouble{rest, 0.0} / DoubleDouble{whole, 0.0};
    if (left.high < 0.5) return {std::log1p(-left.high), -left.low / (1.0 - left.high)};
    const DoubleDouble quotient = DoubleDouble{part, 0.0} / DoubleDouble{whole, 0.0};
    return {std::log(quotient.high), quotient.low / quotient.high};
}

/// 1 - (part / whole)^power for part + rest = whole, accurate at both ends; `low` holds the
/// rounding error of the exponent.
inline DoubleDouble dd_one_minus_pow(double part, double rest, double whole, double power) {
    constexpr double negligible = -50.0;  // exp of it is less than half the last place of 1
    if (part <= 0.0) return {1.0, 0.0};
    const DoubleDouble exponent = dd_log_quotient(part, rest, whole) * power;
    if (!(exponent.high >= negligible)) return {1.0, 0.0};  // also where the product overflows
    const double less_one = std::expm1(exponent.high);
    return two_sum(-less_one, -exponent.low * (1.0 + less_one));
}

inline double one_minus_pow(double part, double rest, double whole, double power) {
    return dd_one_minus_pow(part, rest, whole, power).high;
}

}  // namespace lrcore
