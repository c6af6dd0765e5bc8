#include <doctest/doctest.h>

#include <limits>

#include "lrcore/numerics/powers.hpp"

using namespace lrcore;

TEST_CASE("geometric multiplies") {
    CHECK(geometric(3.0, 0.5, 2.0) == 0.75);
    CHECK(geometric(3.0, 4.0, 0.5) == 6.0);
    CHECK(geometric(3.0, 1.0, 1e15) == 3.0);
}

TEST_CASE("geometric with a ratio of 0 is the first and then 0") {
    CHECK(geometric(3.0, 0.0, 0.0) == 3.0);
    CHECK(geometric(3.0, 0.0, 1.0) == 0.0);
}

TEST_CASE("geometric is right where the power alone over- or underflows") {
    CHECK(geometric(0x1p1000, 0.5, 1500.0) == 0x1p-500);
    CHECK(geometric(0x1p-1000, 2.0, 1500.0) == 0x1p500);
    CHECK(geometric(0x1.8p500, 0.5, 1060.0) == 0x1.8p-560);
}

TEST_CASE("geometric ends at the largest float64 and at 0") {
    CHECK(geometric(1.0, 2.0, 1e15) == std::numeric_limits<double>::max());
    CHECK(geometric(0x1p1000, 2.0, 100.0) == std::numeric_limits<double>::max());
    CHECK(geometric(1.0, 0.5, 1e15) == 0.0);
}
