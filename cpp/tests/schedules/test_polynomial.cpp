#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/polynomial.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Polynomial falls along a power of the remaining time and holds end_lr") {
    const std::vector<double> line{1.0, 0.75, 0.5, 0.25, 0.0, 0.0};
    CHECK(values(Polynomial(1.0, 4, 0.0, 1.0, false, 1.0), 0, 6) == line);
    const std::vector<double> square{1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0};
    CHECK(values(Polynomial(1.0, 4, 0.0, 2.0, false, 1.0), 0, 6) == square);
    CHECK(values(Polynomial(2.0, 4, 1.0, 0.5, false, 1.0), 3, 6).front() == 1.5);
    CHECK(Polynomial(2.0, 4, 1.0, 0.5, false, 1.0)(last_step) == 1.0);
}

TEST_CASE("Polynomial may rise from 0") {
    const std::vector<double> expected{0.0, 0.4375, 0.75, 0.9375, 1.0, 1.0};
    CHECK(values(Polynomial(0.0, 4, 1.0, 2.0, false, 1.0), 0, 6) == expected);
}

TEST_CASE("Polynomial in cycles reaches its end at each multiple of decay_steps") {
    const std::vector<double> expected{1.0, 0.5, 0.0, 0.25, 0.0, 1.0 / 6.0, 0.0};
    const std::vector<double> lrs = values(Polynomial(1.0, 2, 0.0, 1.0, true, 1.0), 0, 7);
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
}

TEST_CASE("Polynomial finds its cycle when the cycle's end does not fit an int64") {
    const Polynomial schedule(1.0, farther_step, 0.0, 1.0, true, 1.0);
    CHECK(schedule(farther_step) == 0.0);
    CHECK(schedule(farther_step + 1) == 0.5);
    CHECK(schedule(last_step) == doctest::Approx(0x1p-63).epsilon(1e-15));
    CHECK(Polynomial(1.0, last_step, 0.0, 1.0, true, 1.0)(last_step) == 0.0);
}

TEST_CASE("Polynomial is within 4 ulp of extended precision") {
    for (const double power : {0.5, 1.0, 2.0, 30.0}) {
        for (const double base : {0.1, 0.0}) {
            const double end = base > 0.0 ? 0.0 : 0.1;
            const Polynomial schedule(base, 431, end, power, false, 1.0);
            for (std::int64_t t = 1; t < 431; ++t) {
                const long double left = static_cast<long double>(431 - t) / 431.0L;
                const long double weight = std::pow(left, static_cast<long double>(power));
                const auto expected =
                    static_cast<double>(end + (base - static_cast<long double>(end)) * weight);
                const double ulp = std::nextafter(expected, INFINITY) - expected;
                REQUIRE(std::abs(schedule(t) - expected) <= 4.0 * ulp);
            }
        }
    }
}

TEST_CASE("Polynomial with k falls later, and with its cycles likewise") {
    const std::vector<double> late{1.0, 0.9375, 0.75, 0.4375, 0.0, 0.0};
    CHECK(values(Polynomial(1.0, 4, 0.0, 1.0, false, 2.0), 0, 6) == late);
    const std::vector<double> cycles{1.0, 0.75, 0.0, 0.4375, 0.0};
    CHECK(values(Polynomial(1.0, 2, 0.0, 1.0, true, 2.0), 0, 5) == cycles);
    CHECK(Polynomial(1.0, 4, 0.0, 0.5, false, 0.5)(1) == std::sqrt(0.5));
}

TEST_CASE("Polynomial names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Polynomial(1.0, 0, 0.0, 1.0, false, 1.0),
                         "decay_steps must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(Polynomial(1.0, 1, -1.0, 1.0, false, 1.0),
                         "end_lr must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Polynomial(1.0, 1, 0.0, 0.0, false, 1.0),
                         "power must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Polynomial(1.0, 1, 0.0, 1.0, false, 0.0),
                         "k must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
}
