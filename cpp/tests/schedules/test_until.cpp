#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/linear.hpp"
#include "lrcore/schedules/until.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Linear fall(9.0, 0.0, 10);

void check_everywhere(const Until& schedule, const std::vector<double>& expected) {
    const auto size = static_cast<std::int64_t>(expected.size());
    for (std::int64_t step = 0; step < size; ++step) {
        CHECK(schedule(step) == expected[static_cast<std::size_t>(step)]);
        for (std::int64_t stop = step; stop <= size; ++stop) {
            CHECK(values(schedule, step, stop) ==
                  std::vector<double>(expected.begin() + step, expected.begin() + stop));
        }
    }
}

}  // namespace

TEST_CASE("Until holds, repeats or mirrors past its end") {
    check_everywhere(Until(fall, 4, "hold"), {9, 8, 7, 6, 6, 6, 6, 6, 6, 6});
    check_everywhere(Until(fall, 4, "repeat"), {9, 8, 7, 6, 9, 8, 7, 6, 9, 8});
    check_everywhere(Until(fall, 4, "mirror"), {9, 8, 7, 6, 7, 8, 9, 8, 7, 6, 7});
}

TEST_CASE("Until of one step or two") {
    for (const char* end : {"hold", "repeat", "mirror"}) {
        check_everywhere(Until(fall, 1, end), {9, 9, 9, 9});
    }
    check_everywhere(Until(fall, 2, "mirror"), {9, 8, 9, 8, 9});
}

TEST_CASE("Until finds its position at the last int64") {
    // 2^63 - 1 = 3 * 3074457345618258602 + 1, an even number of halves and one step
    CHECK(Until(fall, 4, "mirror")(last_step) == 8.0);
    CHECK(Until(fall, 4, "repeat")(last_step) == 6.0);
    CHECK(Until(fall, 4, "hold")(last_step) == 6.0);
    CHECK(Until(fall, last_step, "mirror")(last_step) == 0.0);
}

TEST_CASE("Until with end='raise' raises past its end") {
    const Until schedule(fall, 4, "raise");
    CHECK(values(schedule, 0, 4) == std::vector<double>{9, 8, 7, 6});
    CHECK_THROWS_WITH_AS(schedule(4), "step must be less than total_steps=4, but got 4",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(values(schedule, 2, 6), "step must be less than total_steps=4, but got 4",
                         std::invalid_argument);
}

TEST_CASE("Until refuses bad arguments") {
    CHECK_THROWS_WITH_AS(Until(fall, 0, "hold"), "total_steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Until(fall, 1, "stop"),
                         "end must be 'hold', 'repeat', 'mirror' or 'raise', but got 'stop'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Until(Warmup(Constant(1.0), 9, "linear", "0", 0.0), 8, "hold"),
                         "total_steps must leave the warm-up its 9 steps, but got 8",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Until(fall, 1, "hold")(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
