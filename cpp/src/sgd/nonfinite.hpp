#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sgd/half_precision.hpp"

namespace lrcore {

/// The bits of a floating-point type's exponent, all of them set in what is infinite or NaN.
template <class Element>
struct Exponent;
template <>
struct Exponent<float> {
    static constexpr std::uint32_t bits = 0x7f800000;
};
template <>
struct Exponent<double> {
    static constexpr std::uint64_t bits = 0x7ff0000000000000;
};
template <>
struct Exponent<Bfloat16> {
    static constexpr std::uint16_t bits = 0x7f80;
};
template <>
struct Exponent<Float16> {
    static constexpr std::uint16_t bits = 0x7c00;
};

/// Counts the infinite and NaN among fewer than 2^16 values. The counter is as narrow as the
/// element, which lets the loop use full vectors.
template <class Element>
[[gnu::always_inline]] inline std::size_t count_nonfinite(const Element* values, std::size_t size) {
    constexpr auto exponent = Exponent<Element>::bits;
    auto count = exponent;
    count = 0;
    for (std::size_t i = 0; i < size; ++i) {
        auto pattern = exponent;
        std::memcpy(&pattern, values + i, sizeof pattern);
        count = static_cast<decltype(count)>(count + ((pattern & exponent) == exponent ? 1 : 0));
    }
    return static_cast<std::size_t>(count);
}

}  // namespace lrcore
