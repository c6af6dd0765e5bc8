#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <stdexcept>

#include "lrcore/schedules/exponential_decay.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("ExponentialDecay multiplies by decay_rate in decay_steps") {
    const std::vector<double> smooth{1.0, 0.5, 0.25, 0.125, 0.0625};
    CHECK(values(ExponentialDecay(1.0, 0.25, 2, false, std::nullopt), 0, 5) == smooth);
    const std::vector<double> staircase{1.0, 1.0, 0.25, 0.25, 0.0625};
    CHECK(values(ExponentialDecay(1.0, 0.25, 2, true, std::nullopt), 0, 5) == staircase);
}

TEST_CASE("ExponentialDecay goes no further than end_lr, down or up") {
    const std::vector<double> down{1.0, 0.5, 0.3, 0.3};
    CHECK(values(ExponentialDecay(1.0, 0.5, 1, false, 0.3), 0, 4) == down);
    const std::vector<double> up{1.0, 2.0, 3.0, 3.0};
    CHECK(values(ExponentialDecay(1.0, 2.0, 1, false, 3.0), 0, 4) == up);
    CHECK(ExponentialDecay(1.0, 2.0, 1, false, 3.0)(last_step) == 3.0);
}

TEST_CASE("ExponentialDecay without an end stays finite") {
    CHECK(ExponentialDecay(1.0, 2.0, 3, false, std::nullopt)(last_step) ==
          std::numeric_limits<double>::max());
    CHECK(ExponentialDecay(1.0, 2.0, 185, false, std::nullopt)(last_step) ==
          std::numeric_limits<double>::max());
    CHECK(ExponentialDecay(1.0, 0.5, 185, false, std::nullopt)(last_step) == 0.0);
    CHECK(ExponentialDecay(0.1, 1.0, 3, false, std::nullopt)(last_step) == 0.1);
}

TEST_CASE("ExponentialDecay with a rate of 0 is 0 after its first step or stair") {
    const std::vector<double> smooth{1.0, 0.0, 0.0};
    CHECK(values(ExponentialDecay(1.0, 0.0, 2, false, std::nullopt), 0, 3) == smooth);
    const std::vector<double> staircase{1.0, 1.0, 0.0};
    CHECK(values(ExponentialDecay(1.0, 0.0, 2, true, std::nullopt), 0, 3) == staircase);
}

TEST_CASE("ExponentialDecay is within 3 ulp of extended precision") {
    const ExponentialDecay schedule(0.1, 1e-9, 391, false, std::nullopt);
    for (std::int64_t t = 0; t < 4000; ++t) {
        const long double exponent = static_cast<long double>(t) / 391.0L;
        const long double rate = 1e-9;
        const auto expected = static_cast<double>(0.1 * std::pow(rate, exponent));
        const double ulp = std::nextafter(expected, INFINITY) - expected;
        REQUIRE(std::abs(schedule(t) - expected) <= 3.0 * ulp);
    }
}

TEST_CASE("ExponentialDecay names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(ExponentialDecay(1.0, -0.5, 1, false, std::nullopt),
                         "decay_rate must be a finite number and not negative, but got -0.5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(ExponentialDecay(1.0, 0.5, 0, false, std::nullopt),
                         "decay_steps must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        ExponentialDecay(1.0, 0.5, 1, false, 2.0),
        "end_lr must not be greater than base_lr=1.0 where decay_rate=0.5 is less than 1, "
        "but got 2.0",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        ExponentialDecay(1.0, 1.0, 1, false, 0.5),
        "end_lr must not be less than base_lr=1.0 where decay_rate=1.0 is at least 1, but got 0.5",
        std::invalid_argument);
}
