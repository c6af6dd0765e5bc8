#pragma once

#include <cstdint>

namespace lrcore {

/// The 128 bits of a product of two words.
struct WideProduct {
    std::uint64_t high;
    std::uint64_t low;
};

/// By halves of words: what every compiler can do.
constexpr WideProduct wide_product_by_halves(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t half = 0xffffffff;
    const std::uint64_t low = (a & half) * (b & half);
    const std::uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const std::uint64_t other_middle = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other_middle >> 32), a * b};
}

/// By one instruction where the compiler has 128-bit integers.
constexpr WideProduct wide_product(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
#else
    return wide_product_by_halves(a, b);
#endif
}

}  // namespace lrcore
