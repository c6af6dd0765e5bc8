#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/offset.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Cyclic triangle(0.25, 1.25, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("Offset starts in the middle") {
    const Offset schedule(triangle, 3);
    CHECK(values(schedule, 0, 6) == values(triangle, 3, 9));
    CHECK(schedule(2) == triangle(5));
}

TEST_CASE("Offset stays at the last int64") {
    const Offset schedule(triangle, last_step - 4);
    const double last = triangle(last_step);
    CHECK(schedule(4) == last);
    CHECK(schedule(last_step) == last);
    CHECK(values(schedule, 1, 7) == std::vector<double>{triangle(last_step - 3),
                                                        triangle(last_step - 2),
                                                        triangle(last_step - 1), last, last, last});
}

TEST_CASE("Offset refuses negative steps") {
    CHECK_THROWS_WITH_AS(Offset(triangle, -1), "offset must be at least 0, but got -1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Offset(triangle, 1)(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
