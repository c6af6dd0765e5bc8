#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/warmup_stable_decay.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

WarmupStableDecay decaying(const char* decay, double power = 0.5, double ratio = 0.1) {
    return WarmupStableDecay(1.0, 2, 3, 4, 0.0, decay, power, ratio, 0.0);
}

// The four steps of the decay, from its first to the last before min_lr.
std::vector<double> decay_of(const WarmupStableDecay& schedule) { return values(schedule, 5, 9); }

void check_close(const std::vector<double>& lrs, const std::vector<double>& expected) {
    REQUIRE(lrs.size() == expected.size());
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    }
}

}  // namespace

TEST_CASE("WarmupStableDecay rises, stays and falls") {
    CHECK(values(decaying("linear"), 0, 11) ==
          std::vector<double>{0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0});
    CHECK(decaying("linear")(last_step) == 0.0);
}

TEST_CASE("WarmupStableDecay begins at warmup_start_lr and ends at min_lr") {
    CHECK(values(WarmupStableDecay(1.0, 2, 0, 2, 0.25, "linear", 0.5, 0.1, 0.5), 0, 6) ==
          std::vector<double>{0.5, 0.75, 1.0, 0.625, 0.25, 0.25});
}

TEST_CASE("WarmupStableDecay decays along each shape") {
    const double root2 = std::sqrt(2.0);
    const double root3 = std::sqrt(3.0);
    check_close(decay_of(decaying("1-sqrt")), {1.0, 0.5, 1.0 - root2 / 2.0, 1.0 - root3 / 2.0});
    check_close(decay_of(decaying("cosine")), {1.0, (2.0 + root2) / 4.0, 0.5, (2.0 - root2) / 4.0});
    check_close(decay_of(decaying("power", 2.0)), {1.0, 0.9375, 0.75, 0.4375});
    // (r^f - r) / (1 - r) for r = 1/16: powers 1, 1/2, 1/4, 1/8.
    check_close(decay_of(decaying("exponential", 0.5, 0.0625)),
                {1.0, 0.4375 / 0.9375, 0.1875 / 0.9375, 0.0625 / 0.9375});
}

TEST_CASE("WarmupStableDecay keeps its digits in the last step of a long decay") {
    // 1 - sqrt(1 - x) is x / 2 to 9 digits, x = 1e-9, and x^2 / 8 more.
    const WarmupStableDecay schedule(1.0, 0, 0, 1'000'000'000, 0.0, "1-sqrt", 0.5, 0.1, 0.0);
    CHECK(schedule(999'999'999) == doctest::Approx(5e-10 + 1.25e-19).epsilon(1e-15).scale(0.0));
}

TEST_CASE("WarmupStableDecay with an exponential is within 4 ulp of extended precision") {
    for (const double ratio : {0.999999, 0.5, 0.1, 0.01, 1e-4, 1e-10, 1e-100, 1e-300, 5e-324}) {
        const WarmupStableDecay schedule(0.1, 0, 0, 1000, 0.0, "exponential", 0.5, ratio, 0.0);
        const long double logarithm = std::log(static_cast<long double>(ratio));
        for (std::int64_t t = 1; t < 1000; ++t) {
            const long double left = static_cast<long double>(1000 - t) / 1000;
            const long double exact = 0.1 * std::expm1(-left * logarithm) *
                                      (ratio / (1 - static_cast<long double>(ratio)));
            const auto expected = static_cast<double>(exact);
            const double ulp = std::nextafter(expected, INFINITY) - expected;
            REQUIRE(std::abs(static_cast<double>(schedule(t) - exact)) <= 4.0 * ulp);
        }
    }
}

TEST_CASE("WarmupStableDecay of phases longer than an int64 in all does not overflow") {
    const WarmupStableDecay schedule(1.0, last_step, last_step, last_step, 0.0, "linear", 0.5, 0.1,
                                     0.0);
    CHECK(schedule(farther_step) == 0.5);
    CHECK(schedule(last_step) == 1.0);
}

TEST_CASE("WarmupStableDecay names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(
        decaying("log"),
        "decay must be '1-sqrt', 'linear', 'cosine', 'exponential' or 'power', but "
        "got 'log'",
        std::invalid_argument);
    CHECK_THROWS_WITH_AS(decaying("power", 0.0),
                         "decay_power must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(decaying("exponential", 0.5, 1.0),
                         "decay_ratio must be greater than 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(WarmupStableDecay(1.0, 0, 0, 0, 0.0, "linear", 0.5, 0.1, 0.0),
                         "decay_steps must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(WarmupStableDecay(1.0, -1, 0, 1, 0.0, "linear", 0.5, 0.1, 0.0),
                         "warmup_steps must be at least 0, but got -1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(WarmupStableDecay(1.0, 0, -1, 1, 0.0, "linear", 0.5, 0.1, 0.0),
                         "stable_steps must be at least 0, but got -1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(WarmupStableDecay(1.0, 0, 0, 1, 2.0, "linear", 0.5, 0.1, 0.0),
                         "min_lr must not be greater than base_lr=1.0, but got 2.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(WarmupStableDecay(1.0, 0, 0, 1, 0.0, "linear", 0.5, 0.1, 2.0),
                         "warmup_start_lr must not be greater than base_lr=1.0, but got 2.0",
                         std::invalid_argument);
}
