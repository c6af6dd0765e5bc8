#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/one_cycle.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("OneCycle rises in a line and falls in a line") {
    // The top is at 0.5 * 8 - 1 = 3; from 1/4 up by 1/4, then down to 1/32 by 31/128.
    CHECK(values(OneCycle(1.0, 8, 0.5, "linear", 4.0, 8.0, false), 0, 10) ==
          std::vector<double>{0.25, 0.5, 0.75, 1.0, 97.0 / 128, 66.0 / 128, 35.0 / 128, 1.0 / 32,
                              1.0 / 32, 1.0 / 32});
}

TEST_CASE("OneCycle rises and falls along half waves") {
    const double root2 = std::sqrt(2.0);
    const std::vector<double> falls{(2.0 - root2) / 4.0, 0.5, (2.0 + root2) / 4.0};
    const std::vector<double> lrs = values(OneCycle(1.0, 8, 0.5, "cos", 4.0, 8.0, false), 0, 8);
    const std::vector<double> expected{0.25,
                                       0.25 + 0.75 * 0.25,
                                       0.25 + 0.75 * 0.75,
                                       1.0,
                                       1.0 - 31.0 / 32.0 * falls[0],
                                       1.0 - 31.0 / 32.0 * falls[1],
                                       1.0 - 31.0 / 32.0 * falls[2],
                                       1.0 / 32.0};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
    CHECK(lrs[3] == 1.0);
    CHECK(lrs[7] == 1.0 / 32.0);
}

TEST_CASE("OneCycle in three phases comes back to its first value, then falls on") {
    // The top is at 0.25 * 16 - 1 = 3, the end of the second phase at 6.
    const std::vector<double> lrs =
        values(OneCycle(1.0, 16, 0.25, "linear", 4.0, 8.0, true), 0, 17);
    const std::vector<double> first{0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25};
    CHECK(std::vector<double>(lrs.begin(), lrs.begin() + 7) == first);
    for (std::size_t t = 7; t < 16; ++t) {
        const double expected = 0.25 - 7.0 / 32.0 * static_cast<double>(t - 6) / 9.0;
        CHECK(lrs[t] == doctest::Approx(expected).epsilon(1e-15));
    }
    CHECK(lrs[15] == 1.0 / 32.0);
    CHECK(lrs[16] == 1.0 / 32.0);
}

TEST_CASE("OneCycle has no step at a top that is not a whole number") {
    // The top is at 0.3 * 5 - 1 = 1/2, between steps 0 and 1.
    const OneCycle schedule(1.0, 5, 0.3, "linear", 4.0, 8.0, false);
    CHECK(schedule(0) == 0.25);
    CHECK(schedule(1) == doctest::Approx(1.0 - 31.0 / 32.0 * 0.5 / 3.5).epsilon(1e-15));
}

TEST_CASE("OneCycle without steps for the rise starts at the top or past it") {
    CHECK(values(OneCycle(1.0, 5, 0.2, "linear", 4.0, 8.0, false), 0, 6) ==
          std::vector<double>{1.0, 97.0 / 128, 66.0 / 128, 35.0 / 128, 1.0 / 32, 1.0 / 32});
    CHECK(values(OneCycle(1.0, 4, 0.0, "linear", 4.0, 8.0, false), 0, 5) ==
          std::vector<double>{97.0 / 128, 66.0 / 128, 35.0 / 128, 1.0 / 32, 1.0 / 32});
    CHECK(values(OneCycle(1.0, 8, 0.125, "linear", 4.0, 8.0, true), 0, 1) ==
          std::vector<double>{0.25});
}

TEST_CASE("OneCycle that only rises holds the top") {
    CHECK(values(OneCycle(1.0, 4, 1.0, "linear", 4.0, 8.0, false), 0, 6) ==
          std::vector<double>{0.25, 0.5, 0.75, 1.0, 1.0, 1.0});
}

TEST_CASE("OneCycle holds its last value, however far") {
    for (const char* strategy : {"cos", "linear"}) {
        for (const bool three_phase : {false, true}) {
            const OneCycle schedule(0.1, 1000, 0.3, strategy, 25.0, 1e4, three_phase);
            CHECK(schedule(999) == 0.1 / 25.0 / 1e4);
            CHECK(schedule(1000) == schedule(999));
            CHECK(schedule(far_step) == schedule(999));
            CHECK(schedule(last_step) == schedule(999));
        }
    }
}

TEST_CASE("OneCycle keeps its digits at the end of a long fall") {
    // One step before the end of a fall of 1e9 steps the wave is x^2 to 17 digits.
    const double x = std::acos(0.0) * 1e-9;
    const OneCycle schedule(1.0, 2'000'000'000, 0.5, "cos", 1.0, 1e30, false);
    CHECK(schedule(1'999'999'998) == doctest::Approx(x * x + 1e-30).epsilon(1e-15).scale(0.0));
}

TEST_CASE("OneCycle names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(OneCycle(0.0, 10, 0.3, "cos", 25.0, 1e4, false),
                         "max_lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 1, 0.3, "cos", 25.0, 1e4, false),
                         "total_steps must be at least 2, but got 1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 10, 1.5, "cos", 25.0, 1e4, false),
                         "pct_start must be from 0 to 1, but got 1.5", std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 10, std::nan(""), "cos", 25.0, 1e4, false),
                         "pct_start must be from 0 to 1, but got nan", std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 10, 0.3, "cosine", 25.0, 1e4, false),
                         "anneal_strategy must be 'cos' or 'linear', but got 'cosine'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 10, 0.3, "cos", 0.0, 1e4, false),
                         "div_factor must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(0.1, 10, 0.3, "cos", 25.0, -1.0, false),
                         "final_div_factor must be a finite number greater than 0, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(1.0, 10, 0.3, "cos", 1e-320, 1.0, false),
                         "div_factor must leave the learning rates finite, but got 1e-320",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(OneCycle(1.0, 10, 0.3, "cos", 1e-300, 1e-300, false),
                         "final_div_factor must leave the learning rates finite, but got 1e-300",
                         std::invalid_argument);
}
