#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "lrcore/schedules/linear.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Linear adds the same difference at each step and holds its last value") {
    CHECK(values(Linear(0.25, 1.25, 5), 0, 7) ==
          std::vector<double>{0.25, 0.5, 0.75, 1.0, 1.25, 1.25, 1.25});
    CHECK(values(Linear(1.0, 0.0, 5), 0, 6) == std::vector<double>{1.0, 0.75, 0.5, 0.25, 0.0, 0.0});
}

TEST_CASE("Linear is exact at both ends, however far") {
    const Linear schedule(0.1, 0.7, 7);
    CHECK(schedule(0) == 0.1);
    CHECK(schedule(6) == 0.7);
    CHECK(schedule(7) == 0.7);
    CHECK(schedule(far_step) == 0.7);
    CHECK(schedule(last_step) == 0.7);
}

TEST_CASE("Linear keeps its digits next to an end that is far smaller than the other") {
    const Linear schedule(10.0, 1e-12, 1'000'000'001);
    // One billionth of 10 and the rest of 1e-12; 10 + (1e-12 - 10) * 0.999999999 is wrong in the
    // eighth digit.
    const double expected = 1e-8 + 0.999999999 * 1e-12;
    CHECK(schedule(999'999'999) == doctest::Approx(expected).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Linear never leaves its range, however many steps it has") {
    const Linear schedule(1e-5, 10.0, last_step);
    CHECK(schedule(last_step - 2) <= 10.0);
    CHECK(schedule(1) >= 1e-5);
    CHECK(schedule(farther_step) == doctest::Approx(5.000005).epsilon(1e-15));
    const double most = std::numeric_limits<double>::max();
    for (const double lr : values(Linear(most, most, 50), 0, 50)) CHECK(lr == most);
}

TEST_CASE("Linear names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Linear(-1.0, 1.0, 5),
                         "start_lr must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Linear(1.0, HUGE_VAL, 5),
                         "end_lr must be a finite number and not negative, but got inf",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Linear(0.1, 1.0, 1), "total_steps must be at least 2, but got 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Linear(0.1, 1.0, 2)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
