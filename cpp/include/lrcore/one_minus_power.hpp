#pragma once

#include <cmath>
#include <cstdint>

namespace lrcore {

/// log(step / steps). Where that is near 0, it comes from the distance of the quotient to 1, which
/// has all its digits.
inline double log_of_quotient(std::int64_t step, std::int64_t steps) {
    const auto whole = static_cast<double>(steps);
    const auto rest = static_cast<double>(steps - step);
    const double left = rest / whole;
    if (left >= 0.5) return std::log(static_cast<double>(step) / whole);
    const double left_rest = std::fma(-left, whole, rest) / whole;
    return std::log1p(-left) - left_rest / (1.0 - left);
}

/// 1 - (step / steps)^power for 0 <= step <= steps, with all its digits at both ends.
inline double one_minus_power(std::int64_t step, std::int64_t steps, double power) {
    constexpr double negligible = -50.0;  // exp of it is less than half the last place of 1
    if (step == 0) return 1.0;
    const double logarithm = log_of_quotient(step, steps);
    const double exponent = power * logarithm;
    if (exponent < negligible) return 1.0;
    const double lost = std::fma(power, logarithm, -exponent);
    const double less_one = std::expm1(exponent);
    return -less_one - lost * (1.0 + less_one);
}

}  // namespace lrcore
