#pragma once

#include <cmath>
#include <cstdint>

namespace lrcore {

/// An unevaluated sum of two float64 with 106 bits, where `low` is the rounding error of `high`.
/// Sums and products are exact while they are integers below 2^106.
struct DoubleDouble {
    double high;
    double low;
};

inline DoubleDouble two_sum(double a, double b) {
    const double sum = a + b;
    const double b_in_sum = sum - a;
    return {sum, (a - (sum - b_in_sum)) + (b - b_in_sum)};
}

inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble high = two_sum(a.high, b.high);
    const DoubleDouble low = two_sum(a.low, b.low);
    const DoubleDouble sum = two_sum(high.high, high.low + low.high);
    return two_sum(sum.high, sum.low + low.low);
}

inline DoubleDouble operator*(DoubleDouble a, double factor) {
    const double product = a.high * factor;
    const double lost = std::fma(a.high, factor, -product);
    return two_sum(product, std::fma(a.low, factor, lost));
}

inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble product = a * b.high;
    return two_sum(product.high, product.low + a.high * b.low);
}

inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
    const double quotient = a.high / b.high;
    const double rest = std::fma(-quotient, b.high, a.high) + (a.low - quotient * b.low);
    return {quotient, rest / b.high};
}

/// a - b without the final renormalization: `low` may be as large as the last place of `high`.
inline DoubleDouble sloppy_sub(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble high = two_sum(a.high, -b.high);
    return {high.high, high.low + (a.low - b.low)};
}

inline DoubleDouble operator-(DoubleDouble a, DoubleDouble b) {
    return a + DoubleDouble{-b.high, -b.low};
}

/// Exact for every non-negative integer.
inline DoubleDouble double_double(std::int64_t integer) {
    const auto high = static_cast<double>(integer);
    // Unsigned, as `high` may be 2^63; the difference is small and wraps to its own value.
    const auto low = static_cast<std::uint64_t>(integer) - static_cast<std::uint64_t>(high);
    return {high, static_cast<double>(static_cast<std::int64_t>(low))};
}

}  // namespace lrcore
