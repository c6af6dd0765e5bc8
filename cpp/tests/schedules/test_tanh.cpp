#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/tanh.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Tanh falls along a hyperbolic tangent and then holds min_lr") {
    const std::vector<double> lrs = values(Tanh(1.0, 4, -2.0, 2.0, 0.5), 0, 7);
    for (int step = 0; step < 4; ++step) {
        const double expected = 0.5 + 0.25 * (1.0 - std::tanh(step - 2.0));
        CHECK(lrs[static_cast<std::size_t>(step)] == doctest::Approx(expected).epsilon(1e-14));
    }
    CHECK(lrs[2] == 0.75);
    CHECK(std::vector<double>(lrs.begin() + 4, lrs.end()) == std::vector<double>{0.5, 0.5, 0.5});
    CHECK(Tanh(1.0, 4, -2.0, 2.0, 0.5)(last_step) == 0.5);
}

TEST_CASE("Tanh keeps its digits where the tangent is 1 in float64") {
    // (1 - tanh(x)) / 2 is exp(-2x) to 17 digits for an x of 100.
    CHECK(Tanh(1.0, 2, 0.0, 200.0, 0.0)(1) ==
          doctest::Approx(std::exp(-200.0)).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Tanh is finite between its widest bounds") {
    const Tanh schedule(0.1, last_step, -300.0, 300.0, 0.0);
    CHECK(schedule(0) == 0.1);
    CHECK(schedule(last_step - 1) >= 0.0);
}

TEST_CASE("Tanh names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Tanh(0.1, 0, -7.0, 3.0, 0.0), "decay_steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Tanh(0.1, 10, 3.0, 3.0, 0.0),
                         "upper must be greater than lower=3.0, but got 3.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Tanh(0.1, 10, -301.0, 3.0, 0.0),
                         "lower must be from -300 to 300, but got -301.0", std::invalid_argument);
    CHECK_THROWS_AS(Tanh(0.1, 10, std::nan(""), 3.0, 0.0), std::invalid_argument);
    CHECK_THROWS_WITH_AS(Tanh(0.1, 10, -7.0, 3.0, 0.2),
                         "min_lr must not be greater than base_lr=0.1, but got 0.2",
                         std::invalid_argument);
}
