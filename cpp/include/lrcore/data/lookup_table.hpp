#pragma once

#include <cstdint>

#include "lrcore/support/span.hpp"

namespace lrcore {

/// out[i] = tables[i % channels][levels[i]]; the tables of 256 numbers lie one after another.
///
/// Throws argument_error unless there is a whole number of tables (at least one), a whole number of
/// pixels, and one output per level.
void apply_lookup_table(Span<const std::uint8_t> levels, Span<const float> tables, Span<float> out);

}  // namespace lrcore
