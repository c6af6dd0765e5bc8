#include <doctest/doctest.h>

#include <cstdint>
#include <random>

#include "lrcore/data/philox.hpp"

using namespace lrcore;

TEST_CASE("products by hand") {
    constexpr std::uint64_t most = 0xffffffffffffffff;
    // (2^64 - 1)^2 = 2^128 - 2 * 2^64 + 1
    CHECK(mul_hi_lo(most, most).high == most - 1);
    CHECK(mul_hi_lo(most, most).low == 1);
    CHECK(mul_hi_lo(std::uint64_t{1} << 63, 6).high == 3);
    CHECK(mul_hi_lo(std::uint64_t{1} << 63, 6).low == 0);
    CHECK(mul_hi_lo(most, 0).high == 0);
    CHECK(mul_hi_lo(most, 1).low == most);
}

TEST_CASE("the portable product equals the compiler's 128-bit product") {
    std::mt19937_64 random(0);
    for (int round = 0; round < 10000; ++round) {
        // Shifts let carries and their absence both be seen.
        const std::uint64_t a = random() >> random() % 64;
        const std::uint64_t b = random() >> random() % 64;
        const HiLo expected = mul_hi_lo(a, b);
        const HiLo product = mul_hi_lo_portable(a, b);
        REQUIRE(product.high == expected.high);
        REQUIRE(product.low == expected.low);
    }
    constexpr std::uint64_t most = 0xffffffffffffffff;
    CHECK(mul_hi_lo_portable(most, most).high == most - 1);
    CHECK(mul_hi_lo_portable(most, most).low == 1);
}
