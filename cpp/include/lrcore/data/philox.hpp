#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// The 128 bits of a product of two words.
struct HiLo {
    std::uint64_t high;
    std::uint64_t low;
};

/// By halves of words: what every compiler can do.
constexpr HiLo mul_hi_lo_portable(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t half = 0xffffffff;
    const std::uint64_t low = (a & half) * (b & half);
    const std::uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const std::uint64_t other_middle = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other_middle >> 32), a * b};
}

/// By one instruction where the compiler has 128-bit integers.
constexpr HiLo mul_hi_lo(std::uint64_t a, std::uint64_t b) {
#ifdef __SIZEOF_INT128__
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return {static_cast<std::uint64_t>(product >> 64), static_cast<std::uint64_t>(product)};
#else
    return mul_hi_lo_portable(a, b);
#endif
}

using PhiloxBlock = std::array<std::uint64_t, 4>;

/// Philox4x64-10: four random words that depend on a counter and a key alone.
///
/// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
PhiloxBlock philox(const PhiloxBlock& counter, const std::array<std::uint64_t, 2>& key);

/// Rows of `width` words, row i with the words starts[i] ... starts[i] + width - 1 of samples[i].
///
/// The words 4 b ... 4 b + 3 of a sample are philox({b + 1, sample, epoch, stream}, {seed, 0}):
/// those of NumPy's Philox from the counter (0, sample, epoch, stream) on. std::invalid_argument
/// when the sizes do not fit.
void philox_words(std::uint64_t seed, std::uint64_t epoch, std::uint64_t stream,
                  Span<const std::uint64_t> samples, Span<const std::uint64_t> starts,
                  std::size_t width, Span<std::uint64_t> words);

}  // namespace lrcore
