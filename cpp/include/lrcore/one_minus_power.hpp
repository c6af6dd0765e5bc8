#pragma once

#include <cmath>
#include <cstdint>

namespace lrcore {

/// 1 - (step / steps)^power for 0 <= step <= steps, with all its digits at both ends.
inline double one_minus_power(std::int64_t step, std::int64_t steps, double power) {
    const auto whole = static_cast<double>(steps);
    const double left = static_cast<double>(steps - step) / whole;
    // The logarithm of a quotient near 1 comes from its distance to 1, which has all its digits.
    const double log_done =
        left < 0.5 ? std::log1p(-left) : std::log(static_cast<double>(step) / whole);
    return -std::expm1(power * log_done);
}

}  // namespace lrcore
