#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/tabulated.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

// Chosen so that every expected value is exact in binary.
Cyclic cyclic(std::int64_t up, std::int64_t down, const char* mode, double gamma = 1.0) {
    return Cyclic(1.0, 3.0, up, down, mode, gamma);
}

}  // namespace

TEST_CASE("Cyclic triangular rises and falls between its bounds") {
    const std::vector<double> expected{1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0};
    CHECK(values(cyclic(2, 2, "triangular"), 0, 9) == expected);
}

TEST_CASE("Cyclic rises over step_size_up and falls over step_size_down") {
    const std::vector<double> expected{1.0, 3.0, 2.5, 2.0, 1.5, 1.0, 3.0};
    CHECK(values(cyclic(1, 4, "triangular"), 0, 7) == expected);
}

TEST_CASE("Cyclic triangular2 halves its height after each cycle") {
    const std::vector<double> expected{1.0, 3.0, 1.0, 2.0, 1.0, 1.5, 1.0, 1.25};
    CHECK(values(cyclic(1, 1, "triangular2"), 0, 8) == expected);
}

TEST_CASE("Cyclic exp_range scales by gamma to the power of the step") {
    const std::vector<double> expected{1.0, 2.0, 1.0, 1.25, 1.0, 1.0625};
    CHECK(values(cyclic(1, 1, "exp_range", 0.5), 0, 6) == expected);
}

TEST_CASE("Cyclic may start from 0") {
    const std::vector<double> triangles{0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0};
    CHECK(values(Cyclic(0.0, 2.0, 2, 2, "triangular", 1.0), 0, 9) == triangles);
    const std::vector<double> halved{0.0, 2.0, 0.0, 1.0, 0.0, 0.5, 0.0};
    CHECK(values(Cyclic(0.0, 2.0, 1, 1, "triangular2", 1.0), 0, 7) == halved);
}

TEST_CASE("Cyclic is exact at its top and bottom") {
    const Cyclic schedule(0.1, 0.7, 3, 7, "triangular", 1.0);
    for (const std::int64_t cycle : {0L, 1L, 1000L, 1L << 58}) {
        CHECK(schedule(10 * cycle) == 0.1);
        CHECK(schedule(10 * cycle + 3) == 0.7);
    }
}

TEST_CASE("Cyclic finds its place in the cycle at the largest steps") {
    CHECK(values(cyclic(2, 2, "triangular"), far_step, far_step + 4) ==
          std::vector<double>{1.0, 2.0, 3.0, 2.0});
    CHECK(values(cyclic(2, 2, "triangular"), farther_step, farther_step + 4) ==
          std::vector<double>{1.0, 2.0, 3.0, 2.0});
    CHECK(cyclic(2, 2, "triangular2")(farther_step + 2) == 1.0);
    CHECK(cyclic(2, 2, "exp_range", 0.5)(farther_step + 2) == 1.0);
    CHECK(cyclic(last_step, last_step, "triangular")(last_step) == 3.0);
}

TEST_CASE("Cyclic names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Cyclic(-0.1, 1.0, 1, 1, "triangular", 1.0),
                         "base_lr must be a finite number and not negative, but got -0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cyclic(0.1, 0.01, 1, 1, "triangular", 1.0),
                         "max_lr must be greater than base_lr=0.1, but got 0.01",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(cyclic(0, 1, "triangular"), "step_size_up must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(cyclic(1, -3, "triangular"),
                         "step_size_down must be at least 1, but got -3", std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        cyclic(1, 1, "square"),
        "mode must be 'triangular', 'triangular2' or 'exp_range', but got 'square'",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(cyclic(1, 1, "exp_range", 1.5),
                         "gamma must be greater than 0 and not greater than 1, but got 1.5",
                         std::invalid_argument);
    CHECK_THROWS_AS(cyclic(1, 1, "exp_range", 0.0), std::invalid_argument);
}

TEST_CASE("Cyclic takes the height of each cycle from a schedule, counting from 0") {
    const Cyclic schedule(1.0, 3.0, 1, 1, "triangular", 1.0, Tabulated({1.0, 0.5, 0.25}));
    CHECK(values(schedule, 0, 8) == std::vector<double>{1.0, 3.0, 1.0, 2.0, 1.0, 1.5, 1.0, 1.5});
    CHECK(schedule(farther_step + 1) == 1.5);
}

TEST_CASE("Cyclic takes the height of each step from a schedule") {
    const Cyclic schedule(1.0, 3.0, 2, 2, "triangular", 1.0, Tabulated({1.0, 0.5, 0.25, 1.0}),
                          "iterations");
    CHECK(values(schedule, 0, 6) == std::vector<double>{1.0, 1.5, 1.5, 2.0, 1.0, 2.0});
}

TEST_CASE("Cyclic is never higher than its tip, whatever its scale") {
    CHECK(Cyclic(1.0, 3.0, 1, 1, "triangular", 1.0, Tabulated({2.0}))(1) == 3.0);
}

TEST_CASE("Cyclic names the scale that it rejects") {
    CHECK_THROWS_WITH_AS(Cyclic(1.0, 3.0, 1, 1, "exp_range", 0.9, Tabulated({1.0})),
                         "mode must be 'triangular' with a scale, but got 'exp_range'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cyclic(1.0, 3.0, 1, 1, "triangular", 1.0, std::nullopt, "step"),
                         "scale_mode must be 'cycle' or 'iterations', but got 'step'",
                         std::invalid_argument);
}
