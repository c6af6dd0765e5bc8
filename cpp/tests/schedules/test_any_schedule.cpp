#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/piecewise_constant.hpp"
#include "lrcore/schedules/scaled.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

TEST_CASE("AnySchedule gives the values of the schedule inside") {
    const Cyclic cyclic(0.25, 1.25, 2, 2, "triangular2", 1.0);
    const AnySchedule any(cyclic);
    CHECK(values(any, 0, 7) == std::vector<double>{0.25, 0.75, 1.25, 0.75, 0.25, 0.5, 0.75});
    CHECK(any(2) == 1.25);
    CHECK(any(last_step) == cyclic(last_step));
    CHECK_THROWS_WITH_AS(any(-1), "step must not be negative, but got -1", std::invalid_argument);
}

TEST_CASE("a copy of an AnySchedule outlives the one it was made from") {
    const auto copy_of_temporary = [] {
        const AnySchedule original(PiecewiseConstant({2}, {1.0, 0.5}));
        return AnySchedule(original);
    };
    CHECK(values(copy_of_temporary(), 0, 4) == std::vector<double>{1.0, 1.0, 0.5, 0.5});
}

TEST_CASE("AnySchedules are equal when they hold equal schedules of one class") {
    const AnySchedule any(Constant(0.5));
    CHECK(any == AnySchedule(Constant(0.5)));
    CHECK_FALSE(any == AnySchedule(Constant(0.25)));
    CHECK_FALSE(any == AnySchedule(PiecewiseConstant({}, {0.5})));
}

TEST_CASE("target returns the schedule inside for its class only") {
    const AnySchedule any(Constant(0.5));
    REQUIRE(any.target<Constant>() != nullptr);
    CHECK((*any.target<Constant>())(0) == 0.5);
    CHECK(any.target<Cyclic>() == nullptr);
}

TEST_CASE("a chain of 100 schedules is the longest") {
    AnySchedule chain(Constant(0.5));
    for (int links = 1; links < 100; ++links) chain = Scaled(chain, 1.0);
    CHECK(chain(0) == 0.5);
    CHECK_THROWS_WITH_AS(chain = Scaled(chain, 1.0),
                         "schedule must be nested at most 100 deep, but got 101",
                         std::invalid_argument);
    CHECK(chain(0) == 0.5);
}
