#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cosine.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/linear.hpp"
#include "lrcore/schedules/product.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("a Product multiplies from left to right") {
    const Cosine cosine(0.1, 300, 0.0, 1.0, 1.0);
    const Cyclic cyclic(0.3, 0.7, 7, 5, "triangular", 1.0);
    const Product schedule({cosine, cyclic, Constant(0.3)});
    const std::vector<double> all = values(schedule, 0, 600);
    for (std::int64_t step = 0; step < 600; ++step) {
        const double expected = cosine(step) * cyclic(step) * 0.3;
        CHECK(schedule(step) == expected);
        CHECK(all[static_cast<std::size_t>(step)] == expected);
    }
}

TEST_CASE("blocks of a Product meet without a gap") {
    const Linear linear(1.0, 1000.0, 1000);
    for (const std::int64_t size : {1, 255, 256, 257, 511, 512, 513}) {
        std::vector<double> expected;
        for (std::int64_t step = 7; step < 7 + size; ++step) expected.push_back(2.0 * linear(step));
        CHECK(values(Product({Constant(2.0), linear}), 7, 7 + size) == expected);
    }
}

TEST_CASE("a Product that overflows and then meets 0 is 0 and no NaN") {
    const double largest = std::numeric_limits<double>::max();
    const Linear zero(0.0, 0.0, 2);
    CHECK(Product({Constant(1e300), Constant(1e300)})(0) == largest);
    CHECK(Product({Constant(1e300), Constant(1e300), zero})(0) == 0.0);
    CHECK(values(Product({Constant(1e300), Constant(1e300), zero}), 0, 2) ==
          std::vector<double>{0.0, 0.0});
}

TEST_CASE("a Product of nothing and a negative step are refused") {
    CHECK_THROWS_WITH_AS(Product({}), "len(schedules) must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Product({Constant(1.0)})(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
