#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lrcore {

// Branch-free conversions between 16-bit floating point and float32, so that loops over them
// vectorize. Flush-to-zero modes, as set by torch.set_flush_denormal(True), change nothing, because
// no arithmetic involves a subnormal number.

/// The upper half of a float32.
struct Bfloat16 {
    std::uint16_t bits;
};

/// IEEE 754 binary16: 5 bits of exponent, 10 of significand.
struct Float16 {
    std::uint16_t bits;
};

namespace bits {

constexpr std::int32_t magnitude = 0x7fffffff;
constexpr std::int32_t infinity = 0x7f800000;
constexpr int exponent_at = 23;    // of a float32
constexpr int float16_shift = 13;  // between the significands of float32 and float16

[[gnu::always_inline]] inline std::int32_t from_float(float value) {
    std::int32_t pattern;
    std::memcpy(&pattern, &value, sizeof pattern);
    return pattern;
}

[[gnu::always_inline]] inline float to_float(std::int32_t pattern) {
    float value;
    std::memcpy(&value, &pattern, sizeof value);
    return value;
}

/// `yes` if the condition holds, else `no`. Both are computed: a branch would prevent
/// vectorization.
[[gnu::always_inline]] inline std::int32_t select(bool condition, std::int32_t yes,
                                                  std::int32_t no) {
    const std::int32_t mask = -static_cast<std::int32_t>(condition);
    return (yes & mask) | (no & ~mask);
}

/// Exponent field of a float32 for 2^exponent.
constexpr std::int32_t power_of_2(int exponent) { return (127 + exponent) << exponent_at; }

}  // namespace bits

/// Exact.
[[gnu::always_inline]] inline float widened(Bfloat16 value) {
    return bits::to_float(static_cast<std::int32_t>(std::uint32_t{value.bits} << 16));
}

/// Exact.
[[gnu::always_inline]] inline float widened(Float16 value) {
    const std::int32_t sign = static_cast<std::int32_t>((value.bits & 0x8000u) << 16);
    const std::int32_t magnitude = (value.bits & 0x7fff) << bits::float16_shift;
    constexpr std::int32_t least_normal = 1 << bits::exponent_at;
    constexpr std::int32_t least_infinite = 31 << bits::exponent_at;
    // Difference of the exponent biases, added twice to reach the exponent of infinity and NaN.
    constexpr std::int32_t bias_difference = bits::power_of_2(-15);
    const std::int32_t more = bits::select(magnitude >= least_infinite, bias_difference, 0);
    const std::int32_t normal = magnitude + bias_difference + more;
    // A subnormal has no implicit 1: 2^-14 with its significand, less 2^-14.
    const float subnormal =
        bits::to_float(magnitude + bits::power_of_2(-14)) - bits::to_float(bits::power_of_2(-14));
    return bits::to_float(
        bits::select(magnitude < least_normal, bits::from_float(subnormal), normal) | sign);
}

/// Rounds to nearest, ties to even. Every NaN becomes the positive quiet NaN.
template <class Half>
Half narrowed(float value);

template <>
[[gnu::always_inline]] inline Bfloat16 narrowed(float value) {
    const std::int32_t pattern = bits::from_float(value);
    const std::uint32_t unsigned_pattern = static_cast<std::uint32_t>(pattern);
    // Half a unit of the last place kept, less a bit where that place is even.
    const std::uint32_t half = 0x7fffu + ((unsigned_pattern >> 16) & 1u);
    const std::uint32_t nearest = (unsigned_pattern + half) >> 16;
    const bool is_nan = (pattern & bits::magnitude) > bits::infinity;
    return {static_cast<std::uint16_t>(is_nan ? 0x7fc0u : nearest)};
}

template <>
[[gnu::always_inline]] inline Float16 narrowed(float value) {
    const std::int32_t pattern = bits::from_float(value);
    const std::int32_t magnitude = pattern & bits::magnitude;
    const std::int32_t sign = (pattern >> 16) & 0x8000;
    const std::int32_t bounded = std::min(magnitude, bits::power_of_2(16));  // infinity in float16
    const std::int32_t half = 0xfff + ((bounded >> bits::float16_shift) & 1);
    const std::int32_t normal = (bounded - bits::power_of_2(-15) + half) >> bits::float16_shift;
    // The ulp of 0.5 in float32 is the smallest float16, so the addition rounds to a multiple of
    // it.
    const std::int32_t subnormal =
        bits::from_float(bits::to_float(magnitude) + 0.5f) - bits::power_of_2(-1);
    const std::int32_t nearest =
        bits::select(magnitude < bits::power_of_2(-14), subnormal, normal) | sign;
    return {static_cast<std::uint16_t>(bits::select(magnitude > bits::infinity, 0x7e00, nearest))};
}

}  // namespace lrcore
