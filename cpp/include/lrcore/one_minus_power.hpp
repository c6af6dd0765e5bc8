#pragma once

#include <cmath>

namespace lrcore {

/// log(part / whole) for part + rest = whole. Where that is near 0, it comes from the distance of
/// the quotient to 1, which has all its digits.
inline double log_of_quotient(double part, double rest, double whole) {
    const double left = rest / whole;
    if (left >= 0.5) return std::log(part / whole);
    const double left_rest = std::fma(-left, whole, rest) / whole;
    return std::log1p(-left) - left_rest / (1.0 - left);
}

/// 1 - (part / whole)^power for part + rest = whole, with all its digits at both ends.
inline double one_minus_power(double part, double rest, double whole, double power) {
    constexpr double negligible = -50.0;  // exp of it is less than half the last place of 1
    if (part <= 0.0) return 1.0;
    const double logarithm = log_of_quotient(part, rest, whole);
    const double exponent = power * logarithm;
    if (exponent < negligible) return 1.0;
    const double lost = std::fma(power, logarithm, -exponent);
    const double less_one = std::expm1(exponent);
    return -less_one - lost * (1.0 + less_one);
}

}  // namespace lrcore
