#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/exponential.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Exponential multiplies by the same factor at each step") {
    const std::vector<double> lrs = values(Exponential(1e-4, 1.0, 5), 0, 5);
    const std::vector<double> expected{1e-4, 1e-3, 1e-2, 1e-1, 1.0};
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
}

TEST_CASE("Exponential is exact at both ends and holds its last value") {
    const Exponential schedule(0.1, 0.7, 7);
    CHECK(schedule(0) == 0.1);
    CHECK(schedule(6) == 0.7);
    CHECK(schedule(7) == 0.7);
    CHECK(schedule(far_step) == 0.7);
    CHECK(schedule(last_step) == 0.7);
}

TEST_CASE("Exponential is within 2 ulp of extended precision") {
    const auto check_sweep = [](double start, double end, std::int64_t steps) {
        const Exponential schedule(start, end, steps);
        const long double ratio = static_cast<long double>(end) / static_cast<long double>(start);
        for (std::int64_t t = 0; t < steps; ++t) {
            const long double exponent =
                static_cast<long double>(t) / static_cast<long double>(steps - 1);
            const auto expected = static_cast<double>(start * std::pow(ratio, exponent));
            const double ulp = std::nextafter(expected, INFINITY) - expected;
            REQUIRE(std::abs(schedule(t) - expected) <= 2.0 * ulp);
        }
    };
    check_sweep(1e-5, 10.0, 100);
    check_sweep(1e-8, 1e2, 1999);
    check_sweep(10.0, 1e-5, 391);
    check_sweep(0.1, 0.1, 10);
}

TEST_CASE("Exponential never leaves its range, however many steps it has") {
    const Exponential schedule(1e-5, 10.0, last_step);
    CHECK(schedule(last_step - 2) <= 10.0);
    CHECK(schedule(farther_step) == doctest::Approx(1e-2).epsilon(1e-14));
}

TEST_CASE("Exponential names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Exponential(-1.0, 1.0, 5),
                         "start_lr must be a finite number greater than 0, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Exponential(1.0, 0.0, 5),
                         "end_lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Exponential(0.1, 1.0, 1), "total_steps must be at least 2, but got 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        Exponential(1e-300, 1e300, 5),
        "end_lr must be within a factor of 1e307 of start_lr=1e-300, but got 1e+300",
        std::invalid_argument);
}
