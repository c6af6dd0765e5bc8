#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/parts/decay_shape.hpp"

using namespace lrcore;

TEST_CASE("an anneal shape goes from 1 to 0 exactly") {
    for (const char* shape : ramp_shapes) {
        const AnnealShape ramp(shape);
        CHECK(ramp.remaining_weight(0.0, 7.0) == 1.0);
        CHECK(ramp.completed_weight(0.0, 7.0) == 0.0);
        CHECK(ramp.remaining_weight(7.0, 0.0) == 0.0);
        CHECK(ramp.completed_weight(7.0, 0.0) == 1.0);
        CHECK(ramp.shape() == shape);
    }
}

TEST_CASE("remaining_weight is the closed form of each shape") {
    CHECK(AnnealShape("linear").remaining_weight(1.0, 3.0) == 0.75);
    CHECK(AnnealShape("cosine").remaining_weight(1.0, 3.0) ==
          doctest::Approx((2.0 + std::sqrt(2.0)) / 4.0));
    CHECK(AnnealShape("1-sqrt").remaining_weight(1.0, 3.0) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(AnnealShape("1-sqrt").completed_weight(1.0, 3.0) == 0.5);
}

TEST_CASE("the last of 2^53 steps keeps its digits") {
    // 1 - sqrt(1 - x) = x / 2 + x^2 / 8 + ... and sin^2(pi/2 * x) = (pi/2 * x)^2 - ...
    const double whole = 9007199254740992.0;
    CHECK(AnnealShape("1-sqrt").remaining_weight(whole - 1.0, 1.0) ==
          doctest::Approx(0.5 / whole).epsilon(1e-15));
    const double angle = 1.57079632679489661923 / whole;
    CHECK(AnnealShape("cosine").remaining_weight(whole - 1.0, 1.0) ==
          doctest::Approx(angle * angle).epsilon(1e-15));
}

TEST_CASE("an unknown shape is refused") {
    CHECK_THROWS_WITH_AS(AnnealShape("step"),
                         "shape must be 'linear', 'cosine' or '1-sqrt', but got 'step'",
                         std::invalid_argument);
}
