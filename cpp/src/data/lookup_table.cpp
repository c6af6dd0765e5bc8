#include "lrcore/data/lookup_table.hpp"

#include <cstddef>
#include <string>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

constexpr std::size_t levels_per_table = 256;

void check(bool holds, const char* name, const std::string& rule, std::size_t size) {
    if (!holds)
        throw argument_error(name, "must hold " + rule + ", but got " + std::to_string(size));
}

}  // namespace

void apply_lookup_table(Span<const std::uint8_t> levels, Span<const float> tables,
                        Span<float> out) {
    const std::size_t channels = tables.size() / levels_per_table;
    check(channels > 0 && tables.size() % levels_per_table == 0, "tables", "256 numbers a channel",
          tables.size());
    check(levels.size() % channels == 0, "levels", std::to_string(channels) + " numbers a pixel",
          levels.size());
    check(out.size() == levels.size(), "out", std::to_string(levels.size()) + " numbers",
          out.size());
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const float* const table = tables.data() + channel * levels_per_table;
        for (std::size_t i = channel; i < levels.size(); i += channels) out[i] = table[levels[i]];
    }
}

}  // namespace lrcore
