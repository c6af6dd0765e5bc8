#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/delay.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Cyclic triangle(0.25, 1.25, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("Delay holds the first value and then starts") {
    const Delay schedule(triangle, 3);
    const std::vector<double> expected{0.25, 0.25, 0.25, 0.25, 0.75, 1.25};
    CHECK(values(schedule, 0, 6) == expected);
    for (std::int64_t step = 0; step < 6; ++step) {
        CHECK(schedule(step) == expected[static_cast<std::size_t>(step)]);
        CHECK(values(schedule, step, 6) ==
              std::vector<double>(expected.begin() + step, expected.end()));
    }
    CHECK(schedule(last_step) == triangle(last_step - 3));
    CHECK(Delay(triangle, last_step)(last_step) == 0.25);
    CHECK(values(Delay(triangle, 0), 0, 3) == values(triangle, 0, 3));
}

TEST_CASE("Delay refuses negative steps") {
    CHECK_THROWS_WITH_AS(Delay(triangle, -1), "steps must be at least 0, but got -1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Delay(triangle, 1)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
