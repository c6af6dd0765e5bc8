#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/one_cycle_momentum.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("OneCycleMomentum falls while the learning rate rises and comes back by the end") {
    // The top of the learning rate is at 0.5 * 4 - 1 = 1.
    CHECK(values(OneCycleMomentum(0.25, 0.75, 4, 0.5, "linear", false), 0, 6) ==
          std::vector<double>{0.75, 0.25, 0.5, 0.75, 0.75, 0.75});
}

TEST_CASE("OneCycleMomentum in three phases stays at its maximum in the last") {
    // The top is at 0.25 * 12 - 1 = 2, the end of the second phase at 4.
    CHECK(values(OneCycleMomentum(0.25, 0.75, 12, 0.25, "linear", true), 0, 10) ==
          std::vector<double>{0.75, 0.5, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75});
}

TEST_CASE("OneCycleMomentum is half-way in the middle of a half wave") {
    const OneCycleMomentum schedule(0.25, 0.75, 8, 0.375, "cos", false);
    CHECK(schedule(0) == 0.75);
    CHECK(schedule(1) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(schedule(2) == 0.25);
    CHECK(schedule(last_step) == 0.75);
}

TEST_CASE("OneCycleMomentum names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(OneCycleMomentum(0.8, 1.0, 8, 0.3, "cos", false),
                         "max_momentum must be at least 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycleMomentum(0.95, 0.9, 8, 0.3, "cos", false),
                         "base_momentum must not be greater than max_momentum=0.9, but got 0.95",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycleMomentum(0.8, 0.9, 1, 0.3, "cos", false),
                         "total_steps must be at least 2, but got 1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycleMomentum(0.8, 0.9, 8, 0.3, "log", false),
                         "anneal_strategy must be 'cos' or 'linear', but got 'log'",
                         std::invalid_argument);
}
