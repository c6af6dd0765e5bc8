#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/warmup.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Cyclic triangle(1.0, 3.0, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("a Warmup rises to the base's first value and then runs the base") {
    const Warmup from_zero(triangle, 4, "linear", "0", 0.0);
    CHECK(values(from_zero, 0, 8) == std::vector<double>{0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 2.0});
    const Warmup one_of_steps(triangle, 4, "linear", "1/W", 0.0);
    CHECK(values(one_of_steps, 0, 6) == std::vector<double>{0.25, 0.5, 0.75, 1.0, 1.0, 2.0});
    const Warmup one_of_steps_and_one(triangle, 3, "linear", "1/(W+1)", 0.0);
    CHECK(values(one_of_steps_and_one, 0, 5) == std::vector<double>{0.25, 0.5, 0.75, 1.0, 2.0});
}

TEST_CASE("a Warmup may start anywhere, also above its base") {
    CHECK(values(Warmup(triangle, 2, "linear", "0", 0.5), 0, 3) ==
          std::vector<double>{0.5, 0.75, 1.0});
    CHECK(values(Warmup(triangle, 2, "linear", "0", 2.0), 0, 3) ==
          std::vector<double>{2.0, 1.5, 1.0});
}

TEST_CASE("a Warmup that is no prefix takes the place of its base's first steps") {
    const Warmup schedule(triangle, 3, "linear", "0", 0.25, false);
    CHECK(values(schedule, 0, 7) == std::vector<double>{0.25, 0.5, 0.75, 2.0, 1.0, 2.0, 3.0});
    CHECK(values(schedule, 3, 5) == std::vector<double>{2.0, 1.0});
}

TEST_CASE("a Warmup of one step has each of its first values") {
    CHECK(values(Warmup(triangle, 1, "linear", "0", 0.0), 0, 2) == std::vector<double>{0.0, 1.0});
    CHECK(values(Warmup(triangle, 1, "linear", "1/W", 0.0), 0, 2) == std::vector<double>{1.0, 1.0});
    CHECK(values(Warmup(triangle, 1, "linear", "1/(W+1)", 0.0), 0, 2) ==
          std::vector<double>{0.5, 1.0});
}

TEST_CASE("a Warmup may have other shapes") {
    const Constant one(1.0);
    CHECK(Warmup(one, 4, "cosine", "0", 0.0)(2) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(Warmup(one, 4, "1-sqrt", "0", 0.0)(3) == 0.5);
    CHECK(Warmup(one, 4, "1-sqrt", "0", 0.0)(1) ==
          doctest::Approx(1.0 - std::sqrt(0.75)).epsilon(1e-15));
}

TEST_CASE("values of a Warmup are its calls on both sides of the joint") {
    for (const char* first : warmup_firsts) {
        const Warmup schedule(triangle, 5, "cosine", first, 0.1);
        for (std::int64_t start = 0; start < 8; ++start) {
            std::vector<double> calls;
            for (std::int64_t step = start; step < 12; ++step) calls.push_back(schedule(step));
            CHECK(values(schedule, start, 12) == calls);
        }
    }
}

TEST_CASE("the longest Warmup has no overflow") {
    for (const char* first : warmup_firsts) {
        const Warmup schedule(Constant(1.0), last_step, "linear", first, 0.0);
        CHECK(schedule(last_step / 2) == 0.5);
        CHECK(schedule(last_step) == 1.0);
    }
}

TEST_CASE("a Warmup refuses bad arguments") {
    const Constant one(1.0);
    CHECK_THROWS_WITH_AS(Warmup(one, 0, "linear", "0", 0.0), "steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Warmup(one, 1, "linear", "1", 0.0),
                         "first must be '0', '1/W' or '1/(W+1)', but got '1'",
                         std::invalid_argument);
    CHECK_THROWS_AS(Warmup(one, 1, "x", "0", 0.0), std::invalid_argument);
    CHECK_THROWS_AS(Warmup(one, 1, "linear", "0", -0.1), std::invalid_argument);
    CHECK_THROWS_WITH_AS(Warmup(one, 1, "linear", "0", 0.0)(-1),
                         "step must not be negative, but got -1", std::invalid_argument);
}
