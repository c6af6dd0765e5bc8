#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "lrcore/schedules/constant.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Constant is the same at every step") {
    const Constant schedule(0.1);
    CHECK(values(schedule, 0, 3) == std::vector<double>{0.1, 0.1, 0.1});
    CHECK(schedule(far_step) == 0.1);
    CHECK(schedule(last_step) == 0.1);
}

TEST_CASE("a schedule rejects a negative step") {
    CHECK_THROWS_WITH_AS(Constant(0.1)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}

TEST_CASE("Constant rejects a learning rate that is not a finite number above 0") {
    CHECK_THROWS_WITH_AS(Constant(0.0), "lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Constant(-0.1), "lr must be a finite number greater than 0, but got -0.1",
                         std::invalid_argument);
    CHECK_THROWS_AS(Constant(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
    CHECK_THROWS_AS(Constant(std::numeric_limits<double>::infinity()), std::invalid_argument);
}
