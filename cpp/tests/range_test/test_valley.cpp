#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

#include "lrcore/range_test/valley.hpp"

using namespace lrcore;

namespace {

std::int64_t valley_of(const std::vector<double>& losses) {
    return valley({losses.data(), losses.size()});
}

/// fastai's own two loops.
std::int64_t valley_by_pairs(const std::vector<double>& losses) {
    std::vector<std::int64_t> lengths(losses.size(), 1);
    std::size_t end = 0;
    std::int64_t start = 0;
    for (std::size_t i = 1; i < losses.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (losses[i] < losses[j] && lengths[i] < lengths[j] + 1) lengths[i] = lengths[j] + 1;
            if (lengths[end] < lengths[i]) {
                end = i;
                start = static_cast<std::int64_t>(end) - lengths[end];
            }
        }
    }
    const double sections = static_cast<double>(static_cast<std::int64_t>(end) - start) / 3.0;
    return start + static_cast<std::int64_t>(sections) + static_cast<std::int64_t>(sections / 2.0);
}

}  // namespace

TEST_CASE("valley is half-way down a fall") {
    // Six losses, the last at 5: the stretch is from -1 on, and a third and a sixth of it are 2
    // + 1.
    CHECK(valley_of({6.0, 5.0, 4.0, 3.0, 2.0, 1.0}) == 2);
    CHECK(valley_of({7.0, 7.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 9.0}) == 4);
}

TEST_CASE("valley of losses that never fall is the first") {
    CHECK(valley_of({1.0}) == 0);
    CHECK(valley_of({1.0, 2.0, 3.0}) == 0);
    CHECK(valley_of({2.0, 2.0, 2.0}) == 0);
}

TEST_CASE("valley of one fall at the start is the last loss, as it is for fastai") {
    CHECK(valley_of({2.0, 1.0, 3.0}) == -1);
}

TEST_CASE("valley passes over NaN and takes infinity as a number") {
    CHECK(valley_of({NAN, NAN, NAN}) == 0);
    CHECK(valley_of({5.0, NAN, 4.0, 3.0, NAN, 2.0}) ==
          valley_by_pairs({5.0, NAN, 4.0, 3.0, NAN, 2.0}));
    CHECK(valley_of({HUGE_VAL, 4.0, 3.0, -HUGE_VAL}) ==
          valley_by_pairs({HUGE_VAL, 4.0, 3.0, -HUGE_VAL}));
}

TEST_CASE("valley agrees with comparing every pair, ties and NaN included") {
    std::mt19937 random(0);
    for (int round = 0; round < 500; ++round) {
        std::vector<double> losses(1 + random() % 40);
        for (double& loss : losses) {
            const auto draw = random() % 12;
            loss = draw == 11 ? NAN : static_cast<double>(draw);
        }
        REQUIRE(valley_of(losses) == valley_by_pairs(losses));
    }
}

TEST_CASE("valley needs a loss") {
    CHECK_THROWS_WITH_AS(valley_of({}), "losses must hold at least 1 number",
                         std::invalid_argument);
}
