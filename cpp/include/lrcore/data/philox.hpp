#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// A 128-bit product of two 64-bit words.
struct HiLo {
    std::uint64_t high;
    std::uint64_t low;
};

/// Schoolbook product of 32-bit halves, for compilers without 128-bit integers.
constexpr HiLo mul_hi_lo_portable(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t half = 0xffffffff;
    const std::uint64_t low = (a & half) * (b & half);
    const std::uint64_t middle = (a >> 32) * (b & half) + (low >> 32);
    const std::uint64_t other_middle = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other_middle >> 32), a * b};
}

/// One instruction where the compiler has 128-bit integers.
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

/// Philox4x64-10: four random words as a pure function of a counter and a key.
///
/// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
PhiloxBlock philox(const PhiloxBlock& counter, const std::array<std::uint64_t, 2>& key);

/// Fills rows of `width` words: row i holds words starts[i] ... starts[i] + width - 1 of
/// samples[i].
///
/// The words 4 b ... 4 b + 3 of a sample are philox({b + 1, sample, epoch, stream}, {seed, 0}): as
/// NumPy's Philox gives them from counter (0, sample, epoch, stream) on. Throws argument_error if
/// the sizes do not match.
void philox_words(std::uint64_t seed, std::uint64_t epoch, std::uint64_t stream,
                  Span<const std::uint64_t> samples, Span<const std::uint64_t> starts,
                  std::size_t width, Span<std::uint64_t> words);

}  // namespace lrcore
