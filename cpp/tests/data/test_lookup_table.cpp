#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "lrcore/data/lookup_table.hpp"

using namespace lrcore;

namespace {

/// Tables whose number for a level is 1000 * channel + level.
std::vector<float> numbered_tables(std::size_t channels) {
    std::vector<float> tables(channels * 256);
    for (std::size_t i = 0; i < tables.size(); ++i) {
        tables[i] = static_cast<float>(1000 * (i / 256) + i % 256);
    }
    return tables;
}

std::vector<float> looked_up(const std::vector<std::uint8_t>& levels,
                             const std::vector<float>& tables) {
    std::vector<float> out(levels.size());
    apply_lookup_table({levels.data(), levels.size()}, {tables.data(), tables.size()},
                       {out.data(), out.size()});
    return out;
}

}  // namespace

TEST_CASE("each channel has a table of its own") {
    CHECK(looked_up({0, 7, 255, 255, 0, 7}, numbered_tables(3)) ==
          std::vector<float>{0, 1007, 2255, 255, 1000, 2007});
    CHECK(looked_up({3, 200}, numbered_tables(1)) == std::vector<float>{3, 200});
    CHECK(looked_up({3, 200}, numbered_tables(2)) == std::vector<float>{3, 1200});
}

TEST_CASE("no levels give no numbers") { CHECK(looked_up({}, numbered_tables(3)).empty()); }

TEST_CASE("sizes that do not fit are named") {
    CHECK_THROWS_WITH_AS(looked_up({1}, {}), "tables must hold 256 numbers a channel, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(looked_up({1}, std::vector<float>(300)),
                         "tables must hold 256 numbers a channel, but got 300",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(looked_up({1, 2, 3, 4}, numbered_tables(3)),
                         "levels must hold 3 numbers a pixel, but got 4", std::invalid_argument);
    const std::vector<std::uint8_t> levels{1, 2};
    const std::vector<float> tables = numbered_tables(1);
    float one = 0;
    CHECK_THROWS_WITH_AS(apply_lookup_table({levels.data(), levels.size()},
                                            {tables.data(), tables.size()}, {&one, 1}),
                         "out must hold 2 numbers, but got 1", std::invalid_argument);
    CHECK(one == 0);
}
