#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/piecewise_linear.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("PiecewiseLinear joins its milestones and is flat before and after") {
    const PiecewiseLinear schedule({1, 3, 7}, {0.0, 1.0, 0.5});
    const std::vector<double> expected{0.0, 0.0, 0.5, 1.0, 0.875, 0.75, 0.625, 0.5, 0.5};
    CHECK(values(schedule, 0, 9) == expected);
    CHECK(schedule(last_step) == 0.5);
}

TEST_CASE("PiecewiseLinear of one milestone is constant") {
    CHECK(values(PiecewiseLinear({5}, {0.3}), 4, 7) == std::vector<double>{0.3, 0.3, 0.3});
}

TEST_CASE("PiecewiseLinear keeps its digits between milestones that are far apart") {
    const PiecewiseLinear schedule({0, far_step}, {1.0, 0.0});
    CHECK(schedule(far_step - 3) == 0x3p-53);
    CHECK(schedule(far_step - 1) == 0x1p-53);
    CHECK(schedule(far_step / 2) == 0.5);
    CHECK(PiecewiseLinear({0, last_step}, {1.0, 0.0})(farther_step) == 0.5);
}

TEST_CASE("PiecewiseLinear names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(PiecewiseLinear({3, 3}, {1.0, 2.0}),
                         "milestones[1] must be greater than milestones[0]=3, but got 3",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(PiecewiseLinear({}, {}), "len(lrs) must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(PiecewiseLinear({3}, {1.0, 2.0}),
                         "len(milestones) must be len(lrs) = 2, but got 1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(PiecewiseLinear({3}, {-1.0}),
                         "lrs[0] must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
}
