#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/piecewise_cosine.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("PiecewiseCosine joins its milestones by half waves and is flat before and after") {
    const std::vector<double> lrs = values(PiecewiseCosine({1, 4, 7}, {0.0, 1.0, 0.5}), 0, 9);
    const std::vector<double> expected{0.0, 0.0, 0.25, 0.75, 1.0, 0.875, 0.625, 0.5, 0.5};
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
    CHECK(PiecewiseCosine({1, 4, 7}, {0.0, 1.0, 0.5})(last_step) == 0.5);
}

TEST_CASE("PiecewiseCosine is exact at its milestones") {
    const PiecewiseCosine schedule({0, 7, 13}, {0.3, 0.1, 0.7});
    CHECK(schedule(0) == 0.3);
    CHECK(schedule(7) == 0.1);
    CHECK(schedule(13) == 0.7);
}

TEST_CASE("PiecewiseCosine keeps its digits at both ends of a long wave") {
    const double angle = std::acos(-1.0) / 2.0 * 0x1p-53;
    const PiecewiseCosine schedule({0, far_step, farther_step}, {0.0, 1.0, 0.0});
    CHECK(schedule(1) == doctest::Approx(angle * angle).epsilon(1e-15));
    CHECK(PiecewiseCosine({0, far_step}, {1.0, 0.0})(far_step - 1) ==
          doctest::Approx(angle * angle).epsilon(1e-15));
}

TEST_CASE("PiecewiseCosine names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(PiecewiseCosine({-1}, {1.0}),
                         "milestones[0] must be at least 0, but got -1", std::invalid_argument);
}
