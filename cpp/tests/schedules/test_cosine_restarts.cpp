#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <stdexcept>

#include "lrcore/schedules/cosine_restarts.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

void check_close(const std::vector<double>& lrs, const std::vector<double>& expected) {
    REQUIRE(lrs.size() == expected.size());
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    }
}

}  // namespace

TEST_CASE("CosineRestarts begins again after each period") {
    // The wave at thirds is 3/4 and 1/4.
    check_close(values(CosineRestarts(1.0, 3, 1.0, 1.0, 0.0), 0, 7),
                {1.0, 0.75, 0.25, 1.0, 0.75, 0.25, 1.0});
}

TEST_CASE("CosineRestarts makes each period longer and each peak lower") {
    const double root3 = std::sqrt(3.0);
    check_close(
        values(CosineRestarts(1.0, 3, 2.0, 0.5, 0.0), 0, 10),
        {1.0, 0.75, 0.25, 0.5, (2.0 + root3) / 8.0, 0.375, 0.25, 0.125, (2.0 - root3) / 8.0, 0.25});
}

TEST_CASE("CosineRestarts with a real multiplier restarts between two steps") {
    // Cycles begin at 0, 2, 5 and 9.5.
    const auto wave = [](double x) { return (1.0 + std::cos(std::acos(-1.0) * x)) / 2.0; };
    check_close(values(CosineRestarts(1.0, 2, 1.5, 1.0, 0.0), 0, 11),
                {1.0, 0.5, 1.0, 0.75, 0.25, 1.0, wave(1 / 4.5), wave(2 / 4.5), wave(3 / 4.5),
                 wave(4 / 4.5), wave(0.5 / 6.75)});
}

TEST_CASE("CosineRestarts is at its peak at every restart") {
    for (const std::int64_t mult : {2, 3, 4, 5, 7, 10}) {
        for (std::int64_t first = 1; first < 200; ++first) {
            const CosineRestarts schedule(0.1, first, static_cast<double>(mult), 1.0, 0.007);
            std::int64_t period = first;
            for (std::int64_t begin = 0; begin <= far_step; begin += period, period *= mult) {
                REQUIRE(schedule(begin) == 0.1);
                if (period > 1) REQUIRE(schedule(begin + period / 2) < 0.1);
            }
        }
    }
}

TEST_CASE("CosineRestarts keeps its digits in the last step of a long period") {
    // sin(x)^2 is x^2 to 17 digits for so small an x.
    const std::int64_t period = std::int64_t{1} << 50;
    const double x = std::acos(0.0) * 0x1p-50;
    const CosineRestarts equal(1.0, period, 1.0, 1.0, 0.0);
    CHECK(equal(7 * period - 1) == doctest::Approx(x * x).epsilon(1e-15).scale(0.0));
    const CosineRestarts longer(1.0, period, 2.0, 1.0, 0.0);
    CHECK(longer(3 * period - 1) == doctest::Approx(x * x / 4.0).epsilon(1e-15).scale(0.0));
}

TEST_CASE("CosineRestarts finds its cycle at the last step") {
    // 2^62 + ... + 1 = 2^63 - 1 is where cycle 63 begins.
    CHECK(CosineRestarts(0.1, 1, 2.0, 1.0, 0.0)(last_step) == 0.1);
    CHECK(CosineRestarts(0.5, 7, 1.0, 1.0, 0.5)(last_step) == 0.5);
    CHECK(std::isfinite(CosineRestarts(0.1, last_step, 1e6, 1.0, 0.0)(last_step)));
    CHECK(std::isfinite(CosineRestarts(0.1, 1, 1.001, 0.9, 0.0)(last_step)));
}

TEST_CASE("CosineRestarts never goes below min_lr, however low its peaks") {
    const CosineRestarts schedule(0.1, 1, 1.0, 0.5, 0.01);
    CHECK(schedule(1) == doctest::Approx(0.055).epsilon(1e-15));
    CHECK(schedule(far_step) == 0.01);
}

TEST_CASE("CosineRestarts holds min_lr after its last cycle") {
    check_close(values(CosineRestarts(1.0, 3, 1.0, 1.0, 0.0, 2), 0, 9),
                {1.0, 0.75, 0.25, 1.0, 0.75, 0.25, 0.0, 0.0, 0.0});
    const CosineRestarts longer(0.1, 5, 2.0, 0.5, 0.007, 3);
    CHECK(longer(34) > 0.007);
    CHECK(longer(35) == 0.007);
    CHECK(longer(last_step) == 0.007);
    // Cycles of 2 and 3 steps, then one of 4.5, which begins at 5.
    const CosineRestarts real(0.1, 2, 1.5, 1.0, 0.007, 3);
    CHECK(real(9) > 0.007);
    CHECK(real(10) == 0.007);
}

TEST_CASE("CosineRestarts with decays='peak' lowers the peak, but not below min_lr") {
    // Peaks at 1, 1/2, 1/4 and then at the floor; a wave of two steps is at half of its height.
    check_close(values(CosineRestarts(1.0, 2, 1.0, 0.5, 0.2, std::nullopt, "peak"), 0, 9),
                {1.0, 0.6, 0.5, 0.35, 0.25, 0.225, 0.2, 0.2, 0.2});
}

TEST_CASE("CosineRestarts names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 10, 1.0, 1.0, 0.0, 0),
                         "cycles must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 10, 1.0, 1.0, 0.0, 1, "floor"),
                         "decays must be 'height' or 'peak', but got 'floor'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 0, 1.0, 1.0, 0.0),
                         "first_period must be at least 1, but got 0", std::invalid_argument);
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 10, 0.5, 1.0, 0.0),
                         "period_mult must be 1, or from 1.001 to 1e6, but got 0.5",
                         std::invalid_argument);
    CHECK_THROWS_AS(CosineRestarts(0.1, 10, 1.0001, 1.0, 0.0), std::invalid_argument);
    CHECK_THROWS_AS(CosineRestarts(0.1, 10, std::nan(""), 1.0, 0.0), std::invalid_argument);
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 10, 1.0, 0.0, 0.0),
                         "peak_decay must be greater than 0 and not greater than 1, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(CosineRestarts(0.1, 10, 1.0, 1.0, 0.2),
                         "min_lr must not be greater than base_lr=0.1, but got 0.2",
                         std::invalid_argument);
}
