#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/cyclic_momentum.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("CyclicMomentum falls while the learning rate rises") {
    const CyclicMomentum schedule(0.25, 0.75, 2, 1, "triangular", 1.0);
    CHECK(values(schedule, 0, 6) == std::vector<double>{0.75, 0.5, 0.25, 0.75, 0.5, 0.25});
}

TEST_CASE("CyclicMomentum comes back less far in each cycle of triangular2") {
    const CyclicMomentum schedule(0.25, 0.75, 1, 1, "triangular2", 1.0);
    CHECK(values(schedule, 0, 6) == std::vector<double>{0.75, 0.25, 0.75, 0.5, 0.75, 0.625});
}

TEST_CASE("CyclicMomentum is exact at both ends and at the largest steps") {
    const CyclicMomentum schedule(0.8, 0.95, 4, 4, "triangular", 1.0);
    CHECK(schedule(0) == 0.95);
    CHECK(schedule(4) == 0.8);
    CHECK(schedule(far_step) == 0.95);
    CHECK(schedule(farther_step + 4) == 0.8);
}

TEST_CASE("CyclicMomentum may start at 0 and may be constant") {
    CHECK(CyclicMomentum(0.0, 0.5, 1, 1, "triangular", 1.0)(1) == 0.0);
    CHECK(CyclicMomentum(0.9, 0.9, 1, 1, "triangular", 1.0)(1) == 0.9);
}

TEST_CASE("CyclicMomentum names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(CyclicMomentum(0.8, 1.0, 1, 1, "triangular", 1.0),
                         "max_momentum must be at least 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(CyclicMomentum(-0.1, 0.9, 1, 1, "triangular", 1.0),
                         "base_momentum must be at least 0 and less than 1, but got -0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(CyclicMomentum(0.95, 0.9, 1, 1, "triangular", 1.0),
                         "base_momentum must not be greater than max_momentum=0.9, but got 0.95",
                         std::invalid_argument);
}
