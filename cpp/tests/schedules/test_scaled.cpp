#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cosine.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/scaled.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Scaled multiplies every value") {
    const Scaled schedule(Cyclic(0.25, 1.25, 2, 2, "triangular", 1.0), 0.5);
    CHECK(values(schedule, 0, 5) == std::vector<double>{0.125, 0.375, 0.625, 0.375, 0.125});
    CHECK(schedule(1) == 0.375);
    CHECK(values(schedule, far_step, far_step + 2) ==
          std::vector<double>{schedule(far_step), schedule(far_step + 1)});
}

TEST_CASE("Scaled rounds once, as one multiplication does") {
    const Cosine cosine(0.1, 10, 0.0, 1.0, 1.0);
    const Scaled schedule(cosine, 0.3);
    for (std::int64_t step = 0; step < 12; ++step) CHECK(schedule(step) == 0.3 * cosine(step));
}

TEST_CASE("a Scaled may scale a Scaled") {
    const Scaled schedule(Scaled(Constant(3.0), 0.5), 0.25);
    CHECK(values(schedule, 0, 2) == std::vector<double>{0.375, 0.375});
    CHECK(schedule(last_step) == 0.375);
}

TEST_CASE("Scaled stays finite where the product overflows") {
    const double largest = std::numeric_limits<double>::max();
    const Scaled schedule(Constant(1e300), 1e300);
    CHECK(schedule(0) == largest);
    CHECK(values(schedule, 0, 2) == std::vector<double>{largest, largest});
}

TEST_CASE("Scaled rejects a factor that is not a finite number above 0") {
    const Constant constant(0.1);
    CHECK_THROWS_WITH_AS(Scaled(constant, 0.0),
                         "factor must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_AS(Scaled(constant, -1.0), std::invalid_argument);
    CHECK_THROWS_AS(Scaled(constant, std::numeric_limits<double>::infinity()),
                    std::invalid_argument);
    CHECK_THROWS_AS(Scaled(constant, std::numeric_limits<double>::quiet_NaN()),
                    std::invalid_argument);
}

TEST_CASE("Scaled rejects a negative step") {
    CHECK_THROWS_WITH_AS(Scaled(Constant(0.1), 2.0)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
