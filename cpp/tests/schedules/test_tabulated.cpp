#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/schedules/tabulated.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("Tabulated is its table, then the last value of it") {
    const Tabulated schedule({0.1, 0.0, 0.3});
    CHECK(values(schedule, 0, 5) == std::vector<double>{0.1, 0.0, 0.3, 0.3, 0.3});
    CHECK(schedule(last_step) == 0.3);
}

TEST_CASE("Tabulated names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Tabulated({}), "len(lrs) must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Tabulated({0.1, -1.0}),
                         "lrs[1] must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Tabulated({0.1})(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
