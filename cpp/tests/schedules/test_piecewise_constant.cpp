#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/piecewise_constant.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("PiecewiseConstant takes the next value at its boundary") {
    const PiecewiseConstant schedule({2, 5}, {1.0, 0.5, 0.1});
    CHECK(values(schedule, 0, 8) == std::vector<double>{1.0, 1.0, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1});
    CHECK(schedule(far_step) == 0.1);
    CHECK(schedule(last_step) == 0.1);
}

TEST_CASE("PiecewiseConstant without boundaries is constant") {
    CHECK(values(PiecewiseConstant({}, {0.3}), 0, 2) == std::vector<double>{0.3, 0.3});
}

TEST_CASE("PiecewiseConstant rejects boundaries that do not rise from above 0") {
    CHECK_THROWS_WITH_AS(PiecewiseConstant({0}, {1.0, 0.5}),
                         "boundaries[0] must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(PiecewiseConstant({5, 5}, {1.0, 0.5, 0.1}),
                         "boundaries[1] must be greater than boundaries[0]=5, but got 5",
                         std::invalid_argument);
}

TEST_CASE("PiecewiseConstant rejects a wrong number of values and values that are not above 0") {
    CHECK_THROWS_WITH_AS(PiecewiseConstant({2, 5}, {1.0, 0.5}),
                         "len(lrs) must be len(boundaries) + 1 = 3, but got 2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(PiecewiseConstant({2}, {1.0, 0.0}),
                         "lrs[1] must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
}
