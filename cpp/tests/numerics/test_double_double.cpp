#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>

#include "lrcore/numerics/double_double.hpp"

using namespace lrcore;

TEST_CASE("double_double holds every int64 exactly") {
    const std::int64_t last = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t value :
         {std::int64_t{0}, (std::int64_t{1} << 53) + 1, last, last - 511}) {
        const DoubleDouble both = double_double(value);
        CHECK(static_cast<std::int64_t>(
                  static_cast<std::uint64_t>(both.high) +
                  static_cast<std::uint64_t>(static_cast<std::int64_t>(both.low))) == value);
    }
}

TEST_CASE("sums and differences of integers beyond 2^53 are exact") {
    const DoubleDouble big = double_double((std::int64_t{1} << 60) + 1);
    CHECK(((big + big) - double_double((std::int64_t{1} << 61) - 1)).high == 3.0);
    CHECK((big - double_double(std::int64_t{1} << 60)).high == 1.0);
}

TEST_CASE("a product with an integer is exact") {
    // (2^53 - 1)^2 = 2^106 - 2^54 + 1
    const auto odd = static_cast<double>((std::int64_t{1} << 53) - 1);
    const DoubleDouble square = DoubleDouble{odd, 0.0} * odd;
    CHECK((square - DoubleDouble{0x1p106 - 0x1p54, 0.0}).high == 1.0);
}
