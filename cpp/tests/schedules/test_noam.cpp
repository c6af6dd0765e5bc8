#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/noam.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Noam rises by equal steps to its peak and falls as one over the root of the time") {
    // Chosen so that roots are exact: the peak is 1 / sqrt(4 * 4), and sqrt(4 * 16) = 8.
    const Noam schedule(4, 4, 1.0);
    CHECK(values(schedule, 0, 4) == std::vector<double>{0.0625, 0.125, 0.1875, 0.25});
    CHECK(schedule(15) == 0.125);
}

TEST_CASE("Noam is multiplied by its factor") { CHECK(Noam(4, 4, 3.0)(3) == 0.75); }

TEST_CASE("Noam is finite at the last step") {
    CHECK(Noam(last_step, last_step, 1.0)(last_step) ==
          doctest::Approx(0x1p-63).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Noam names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Noam(0, 4, 1.0), "model_size must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Noam(4, 0, 1.0), "warmup_steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Noam(4, 4, 0.0),
                         "factor must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
}
