#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/support/validate.hpp"

using namespace lrcore;

TEST_CASE("increasing steps from 1 on pass") {
    CHECK_NOTHROW(require_increasing("steps", {}));
    CHECK_NOTHROW(require_increasing("steps", {1, 2, 100}));
}

TEST_CASE("a step out of order is named") {
    CHECK_THROWS_WITH_AS(require_increasing("steps", {0}), "steps[0] must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(require_increasing("steps", {3, 3}),
                         "steps[1] must be greater than steps[0]=3, but got 3",
                         std::invalid_argument);
    CHECK_NOTHROW(require_increasing("steps", {0, 1}, 0));
}
