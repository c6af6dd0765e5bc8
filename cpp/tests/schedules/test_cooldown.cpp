#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cooldown.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Cyclic triangle(0.25, 1.25, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("Cooldown follows its base and then falls from the base's value") {
    const Cooldown schedule(triangle, 2, 4, 0.25, "linear");
    const std::vector<double> expected{0.25, 0.75, 1.25, 1.0, 0.75, 0.5, 0.25, 0.25};
    CHECK(values(schedule, 0, 8) == expected);
    for (std::int64_t step = 0; step < 8; ++step) {
        CHECK(schedule(step) == expected[static_cast<std::size_t>(step)]);
        CHECK(values(schedule, step, 8) ==
              std::vector<double>(expected.begin() + step, expected.end()));
    }
    CHECK(schedule(last_step) == 0.25);
}

TEST_CASE("Cooldown has other shapes") {
    const Constant one(1.0);
    CHECK(Cooldown(one, 5, 4, 0.0, "cosine")(7) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(Cooldown(one, 5, 4, 0.0, "1-sqrt")(6) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(Cooldown(one, 5, 4, 0.0, "1-sqrt")(9) == 0.0);
}

TEST_CASE("Cooldown refuses bad arguments") {
    const Constant one(1.0);
    CHECK_THROWS_WITH_AS(Cooldown(one, -1, 4, 0.0, "linear"),
                         "begin must be at least 0, but got -1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cooldown(one, 0, 0, 0.0, "linear"), "steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cooldown(one, 0, 1, 2.0, "linear"),
                         "end_lr must not be greater than base(begin)=1.0, but got 2.0",
                         std::invalid_argument);
    CHECK_THROWS_AS(Cooldown(one, 0, 1, -1.0, "linear"), std::invalid_argument);
    CHECK_THROWS_AS(Cooldown(one, 0, 1, 0.0, "x"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cooldown(Warmup(one, 9, "linear", "0", 0.0), 8, 1, 0.0, "linear"),
                         "begin must leave the warm-up its 9 steps, but got 8",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cooldown(one, 3, 1, 0.0, "linear")(-1),
                         "step must not be negative, but got -1", std::invalid_argument);
}
