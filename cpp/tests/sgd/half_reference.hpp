#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "sgd/half_precision.hpp"

/// The 16-bit formats by arithmetic on double values alone, to test conversions on bits against.
namespace half_reference {

template <class Half>
struct Format;
template <>
struct Format<lrcore::Bfloat16> {
    static constexpr int significand_bits = 7;
    static constexpr int bias = 127;
};
template <>
struct Format<lrcore::Float16> {
    static constexpr int significand_bits = 10;
    static constexpr int bias = 15;
};

/// 2^(bias + 1): what would follow the greatest finite value.
template <class Half>
double limit() {
    return std::ldexp(1.0, Format<Half>::bias + 1);
}

/// The value of a pattern without its sign, as if the exponent of infinity were a number's.
template <class Half>
double magnitude(unsigned pattern) {
    constexpr int p = Format<Half>::significand_bits;
    const int exponent = static_cast<int>((pattern & 0x7fffu) >> p);
    const int significand = static_cast<int>(pattern & ((1u << p) - 1u));
    const int least = 1 - Format<Half>::bias;
    if (exponent == 0) return std::ldexp(significand, least - p);
    return std::ldexp((1 << p) + significand, exponent - Format<Half>::bias - p);
}

template <class Half>
double value(Half half) {
    const double size = magnitude<Half>(half.bits);
    const double sign = (half.bits & 0x8000u) != 0 ? -1.0 : 1.0;
    if (size < limit<Half>()) return sign * size;
    return size == limit<Half>() ? sign * std::numeric_limits<double>::infinity()
                                 : std::numeric_limits<double>::quiet_NaN();
}

/// The nearest value, of two equally near ones the even: nearbyint() of multiples of the last
/// place.
template <class Half>
Half nearest(double x) {
    constexpr int p = Format<Half>::significand_bits;
    constexpr int least = 1 - Format<Half>::bias;
    constexpr unsigned infinity = 0x7fffu >> p << p;
    if (std::isnan(x)) return {static_cast<std::uint16_t>(infinity | (1u << (p - 1)))};
    const unsigned sign = std::signbit(x) ? 0x8000u : 0u;
    const int exponent = x == 0.0 || std::isinf(x) ? least : std::max(std::ilogb(x), least);
    const double places = std::nearbyint(std::ldexp(std::abs(x), p - exponent));
    if (std::ldexp(places, exponent - p) >= limit<Half>()) {
        return {static_cast<std::uint16_t>(sign | infinity)};
    }
    // The places above the implicit 1 count on into the exponent.
    const unsigned bits =
        static_cast<unsigned>((exponent - least) << p) + static_cast<unsigned>(places);
    return {static_cast<std::uint16_t>(sign | bits)};
}

}  // namespace half_reference
