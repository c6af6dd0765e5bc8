#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/monitors/ema.hpp"

using namespace lrcore;

TEST_CASE("Ema corrects its bias from the first value on") {
    // By hand, beta = 1/2: m = 2, 5, 8.5 over 1/2, 3/4, 7/8.
    Ema ema(0.5);
    CHECK(ema.update(4.0) == 4.0);
    CHECK(ema.update(8.0) == doctest::Approx(5.0 / 0.75).epsilon(1e-15));
    CHECK(ema.update(12.0) == doctest::Approx(8.5 / 0.875).epsilon(1e-15));
}

TEST_CASE("Ema of a constant is that constant") {
    Ema ema(0.98);
    for (int i = 0; i < 1000; ++i) REQUIRE(ema.update(3.0) == doctest::Approx(3.0).epsilon(1e-13));
}

TEST_CASE("Ema with beta 0 is the last value") {
    Ema ema(0.0);
    CHECK(ema.update(1.0) == 1.0);
    CHECK(ema.update(-7.0) == -7.0);
}

TEST_CASE("Ema has no value before the first update") {
    Ema ema(0.9);
    CHECK_FALSE(ema.value().has_value());
    CHECK(ema.count() == 0);
    ema.update(2.0);
    CHECK(*ema.value() == doctest::Approx(2.0).epsilon(1e-15));
    CHECK(ema.count() == 1);
}

TEST_CASE("a restored Ema continues with the same bits") {
    Ema ema(0.9);
    ema.update(1.25);
    ema.update(0.75);
    Ema restored(0.9);
    restored.restore(ema.state());
    CHECK(restored.update(0.3) == ema.update(0.3));
}

TEST_CASE("Ema rejects a negative count and keeps its state") {
    Ema ema(0.9);
    ema.update(1.0);
    CHECK_THROWS_WITH_AS(ema.restore({0.0, -1}), "count must be at least 0, but got -1",
                         std::invalid_argument);
    CHECK(ema.count() == 1);
}

TEST_CASE("Ema rejects a beta outside [0, 1)") {
    CHECK_THROWS_WITH_AS(Ema(1.0), "beta must be at least 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_AS(Ema(-0.1), std::invalid_argument);
}

TEST_CASE("smooth gives the average after each value") {
    const std::vector<double> losses{4.0, 8.0, 12.0};
    std::vector<double> out(3);
    smooth({losses.data(), losses.size()}, 0.5, {out.data(), out.size()});
    CHECK(out[0] == 4.0);
    CHECK(out[1] == doctest::Approx(5.0 / 0.75).epsilon(1e-15));
    CHECK(out[2] == doctest::Approx(8.5 / 0.875).epsilon(1e-15));
}
