#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lrcore/span.hpp"

namespace lrcore {

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
