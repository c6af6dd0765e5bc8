#pragma once

#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// out[i] = tables[i % channels][levels[i]], with one table of 256 numbers after the other.
///
/// std::invalid_argument when there is no table or a part of one, when the levels do not end with a
/// last channel, and when out has another size than they.
void apply_lookup_table(Span<const std::uint8_t> levels, Span<const float> tables, Span<float> out);

}  // namespace lrcore
