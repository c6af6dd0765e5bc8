#pragma once

#include <cmath>

#include "lrcore/double_double.hpp"

namespace lrcore {

/// log(part / whole) for part + rest = whole. Where that is near 0, it comes from the distance of
/// the quotient to 1, which has all its digits.
inline DoubleDouble log_of_quotient(double part, double rest, double whole) {
    const DoubleDouble left = DoubleDouble{rest, 0.0} / DoubleDouble{whole, 0.0};
    if (left.high < 0.5) return {std::log1p(-left.high), -left.low / (1.0 - left.high)};
    const DoubleDouble quotient = DoubleDouble{part, 0.0} / DoubleDouble{whole, 0.0};
    return {std::log(quotient.high), quotient.low / quotient.high};
}

/// 1 - (part / whole)^power for part + rest = whole, with all its digits at both ends, and what
/// float64 takes from the power's exponent in `low`.
inline DoubleDouble wide_one_minus_power(double part, double rest, double whole, double power) {
    constexpr double negligible = -50.0;  // exp of it is less than half the last place of 1
    if (part <= 0.0) return {1.0, 0.0};
    const DoubleDouble exponent = log_of_quotient(part, rest, whole) * power;
    if (!(exponent.high >= negligible)) return {1.0, 0.0};  // also where the product overflows
    const double less_one = std::expm1(exponent.high);
    return exact_sum(-less_one, -exponent.low * (1.0 + less_one));
}

inline double one_minus_power(double part, double rest, double whole, double power) {
    return wide_one_minus_power(part, rest, whole, power).high;
}

}  // namespace lrcore
