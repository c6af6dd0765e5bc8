#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "lrcore/numerics/sine_squared.hpp"

using namespace lrcore;

TEST_CASE("sine_squared is exact at both ends and a half in the middle") {
    CHECK(sine_squared(0.0, 7.0) == 0.0);
    CHECK(sine_squared(7.0, 7.0) == 1.0);
    CHECK(sine_squared(2.0, 4.0) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(sine_squared(1.0, 3.0) == doctest::Approx(0.25).epsilon(1e-15));
}

TEST_CASE("sine_squared is within 2 ulp of extended precision") {
    const long double half_pi = std::acos(-1.0L) / 2.0L;
    for (const double whole : {7.0, 400.0, 999.0, 1048573.0, 0x1p52}) {
        for (int i = 1; i <= 400; ++i) {
            const double part = std::floor(whole * i / 400.0);
            const long double sine = std::sin(half_pi * part / whole);
            const auto expected = static_cast<double>(sine * sine);
            const double ulp = std::nextafter(expected, INFINITY) - expected;
            REQUIRE(std::abs(sine_squared(part, whole) - expected) <= 2.0 * ulp);
        }
    }
}

TEST_CASE("sine_squared uses the low part of a double-double") {
    const auto check_close = [](double value, double expected) {
        CHECK(std::abs(value - expected) <= 3.0 * (std::nextafter(expected, 1.0) - expected));
    };
    check_close(sine_squared({1.0, 0x1p-30}, {3.0, 0.0}), sine_squared(1.0 + 0x1p-30, 3.0));
    check_close(sine_squared({2.0, 0x1p-30}, {3.0, 0.0}), sine_squared(2.0 + 0x1p-30, 3.0));
    check_close(sine_squared({1.0, 0.0}, {3.0, 0x1p-30}), sine_squared(1.0, 3.0 + 0x1p-30));
    CHECK(sine_squared({7.0, 0x1p-60}, {7.0, 0x1p-60}) == 1.0);
}
