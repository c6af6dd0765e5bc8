#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/inverse_time.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("InverseTime divides by 1 + decay_rate * t / decay_steps") {
    const InverseTime schedule(1.0, 1.0, 2, false);
    const std::vector<double> expected{1.0, 1.0 / 1.5, 0.5, 1.0 / 2.5, 1.0 / 3.0};
    CHECK(values(schedule, 0, 5) == expected);
    CHECK(schedule(far_step) == doctest::Approx(0x1p-52).epsilon(1e-15));
    CHECK(schedule(farther_step) == doctest::Approx(0x1p-61).epsilon(1e-15));
}

TEST_CASE("InverseTime with staircase falls only at multiples of decay_steps") {
    const InverseTime schedule(1.0, 1.0, 3, true);
    const std::vector<double> expected{1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0 / 3.0};
    CHECK(values(schedule, 0, 7) == expected);
}

TEST_CASE("InverseTime keeps every bit of a large step in its staircase") {
    const std::int64_t decay_steps = farther_step;
    const InverseTime schedule(1.0, 1.0, decay_steps, true);
    CHECK(schedule(decay_steps - 1) == 1.0);
    CHECK(schedule(decay_steps) == 0.5);
}

TEST_CASE("InverseTime with a decay_rate of 0 is constant") {
    CHECK(values(InverseTime(0.1, 0.0, 1, false), 0, 2) == std::vector<double>{0.1, 0.1});
}

TEST_CASE("InverseTime names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(InverseTime(0.0, 0.1, 1, false),
                         "base_lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(InverseTime(0.1, -0.5, 1, false),
                         "decay_rate must be a finite number and not negative, but got -0.5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(InverseTime(0.1, 0.1, 0, false),
                         "decay_steps must be at least 1, but got 0", std::invalid_argument);
}
