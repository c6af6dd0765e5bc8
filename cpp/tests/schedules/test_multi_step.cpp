#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/multi_step.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("MultiStep multiplies at each milestone, twice at a repeated one") {
    const MultiStep schedule(1.0, {2, 4, 4}, 0.5);
    CHECK(values(schedule, 0, 6) == std::vector<double>{1.0, 1.0, 0.5, 0.5, 0.125, 0.125});
    CHECK(schedule(last_step) == 0.125);
}

TEST_CASE("MultiStep without milestones is constant, and may change at once") {
    CHECK(MultiStep(0.3, {}, 0.5)(last_step) == 0.3);
    CHECK(MultiStep(1.0, {0}, 0.5)(0) == 0.5);
}

TEST_CASE("MultiStep knows the milestones of a whole int64") {
    const MultiStep schedule(1.0, {far_step, last_step}, 0.5);
    CHECK(values(schedule, far_step - 1, far_step + 1) == std::vector<double>{1.0, 0.5});
    CHECK(values(schedule, last_step - 1, last_step) == std::vector<double>{0.5});
    CHECK(schedule(last_step) == 0.25);
}

TEST_CASE("MultiStep names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(MultiStep(1.0, {3, 2}, 0.5),
                         "milestones[1] must not be less than milestones[0]=3, but got 2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(MultiStep(1.0, {-1}, 0.5), "milestones[0] must be at least 0, but got -1",
                         std::invalid_argument);
}
