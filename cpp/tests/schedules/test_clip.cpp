#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "lrcore/schedules/clip.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Cyclic triangle(0.25, 1.25, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("Clip keeps values between its limits") {
    const Clip schedule(triangle, 0.5, 1.0);
    CHECK(values(schedule, 0, 5) == std::vector<double>{0.5, 0.75, 1.0, 0.75, 0.5});
    CHECK(schedule(0) == 0.5);
    CHECK(schedule(2) == 1.0);
}

TEST_CASE("a Clip without max_lr has no upper limit") {
    CHECK(values(Clip(triangle, 0.5, std::nullopt), 0, 3) == std::vector<double>{0.5, 0.75, 1.25});
}

TEST_CASE("Clip refuses limits out of order") {
    CHECK_THROWS_WITH_AS(Clip(triangle, 0.2, 0.1),
                         "min_lr must not be greater than max_lr=0.1, but got 0.2",
                         std::invalid_argument);
    CHECK_THROWS_AS(Clip(triangle, -0.1, 0.1), std::invalid_argument);
    CHECK_THROWS_AS(Clip(triangle, 0.0, 0.0), std::invalid_argument);
    CHECK_THROWS_WITH_AS(Clip(triangle, 0.1, 1.0)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
