#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/linear.hpp"
#include "lrcore/schedules/repeat.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Linear fall(4.0, 1.0, 4);

}  // namespace

TEST_CASE("Repeat starts its base again, lower every time") {
    const Repeat schedule(fall, 3, std::nullopt, 0.5);
    const std::vector<double> expected{4.0, 3.0, 2.0, 2.0, 1.5, 1.0, 1.0, 0.75, 0.5, 0.5};
    CHECK(values(schedule, 0, 10) == expected);
    for (std::int64_t step = 0; step < 10; ++step) {
        CHECK(schedule(step) == expected[static_cast<std::size_t>(step)]);
        CHECK(values(schedule, step, 10) ==
              std::vector<double>(expected.begin() + step, expected.end()));
    }
    CHECK(schedule(last_step) == 0.0);
}

TEST_CASE("Repeat without decay is exactly periodic to the last step") {
    const Repeat schedule(fall, 4, std::nullopt, 1.0);
    CHECK(schedule(last_step) == fall(last_step % 4));
    CHECK(schedule(far_step) == 4.0);
}

TEST_CASE("Repeat holds its last value after the last round") {
    CHECK(values(Repeat(fall, 2, 2, 0.5), 0, 7) ==
          std::vector<double>{4.0, 3.0, 2.0, 1.5, 1.5, 1.5, 1.5});
    CHECK(Repeat(fall, 2, 2, 0.5)(last_step) == 1.5);
}

TEST_CASE("Repeat refuses bad arguments") {
    CHECK_THROWS_WITH_AS(Repeat(fall, 0, std::nullopt, 1.0), "period must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Repeat(fall, 1, 0, 1.0), "count must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Repeat(fall, 1, 1, 1.5),
                         "peak_decay must be greater than 0 and not greater than 1, but got 1.5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Repeat(Warmup(Constant(1.0), 9, "linear", "0", 0.0), 8, std::nullopt, 1.0),
                         "period must leave the warm-up its 9 steps, but got 8",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Repeat(fall, 1, 1, 1.0)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
