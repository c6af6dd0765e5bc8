#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/step.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Step multiplies every step_size steps") {
    const Step schedule(1.0, 3, 0.5);
    const std::vector<double> expected{1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25};
    CHECK(values(schedule, 0, 8) == expected);
}

TEST_CASE("Step with a gamma of 0 is 0 from step_size on") {
    CHECK(values(Step(1.0, 2, 0.0), 0, 4) == std::vector<double>{1.0, 1.0, 0.0, 0.0});
}

TEST_CASE("Step knows its exponent at every step of int64") {
    CHECK(Step(1.0, farther_step, 0.5)(farther_step - 1) == 1.0);
    CHECK(Step(1.0, farther_step, 0.5)(farther_step) == 0.5);
    CHECK(Step(1.0, farther_step, 0.5)(last_step) == 0.5);
    CHECK(Step(1.0, 1, 0.5)(far_step) == 0.0);
    CHECK(Step(0.1, 1, 1.0)(last_step) == 0.1);
}

TEST_CASE("Step that grows ends at the largest float64") {
    CHECK(Step(1.0, 1, 2.0)(last_step) == std::numeric_limits<double>::max());
}

TEST_CASE("Step names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Step(0.0, 1, 0.5),
                         "base_lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Step(1.0, 0, 0.5), "step_size must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Step(1.0, 1, -0.5),
                         "gamma must be a finite number and not negative, but got -0.5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Step(1.0, 1, 0.5)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
