#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/inverse_sqrt.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("InverseSqrt rises from 0 and falls as one over the root of the time") {
    // Roots of 4/4, 4/5 ... of which those of 4/16 and 4/64 are exact.
    const InverseSqrt schedule(1.0, 4, 2);
    CHECK(values(schedule, 0, 3) == std::vector<double>{0.0, 0.5, 1.0});
    CHECK(schedule(14) == 0.5);
    CHECK(schedule(62) == 0.25);
}

TEST_CASE("InverseSqrt needs no warm-up") {
    CHECK(values(InverseSqrt(1.0, 1, 0), 0, 4)[3] == 0.5);
    CHECK(InverseSqrt(1.0, 1, 0)(0) == 1.0);
}

TEST_CASE("InverseSqrt does not overflow with the largest timescale and step") {
    // The root of one half.
    CHECK(InverseSqrt(1.0, last_step, 0)(last_step) ==
          doctest::Approx(0.70710678118654752440).epsilon(1e-15));
}

TEST_CASE("InverseSqrt names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(InverseSqrt(0.1, 0, 0), "timescale must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(InverseSqrt(0.1, 1, -1), "warmup_steps must be at least 0, but got -1",
                         std::invalid_argument);
    CHECK_THROWS_AS(InverseSqrt(0.0, 1, 0), std::invalid_argument);
}
