#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/sequence.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

const Constant one(1.0);
const Cyclic triangle(0.25, 1.25, 2, 2, "triangular", 1.0);

}  // namespace

TEST_CASE("each schedule of a Sequence runs from its own step 0") {
    const Sequence schedule({one, triangle, triangle}, {2, 5});
    const std::vector<double> expected{1.0, 1.0, 0.25, 0.75, 1.25, 0.25, 0.75, 1.25, 0.75, 0.25};
    CHECK(values(schedule, 0, 10) == expected);
    for (std::int64_t step = 0; step < 10; ++step) {
        CHECK(schedule(step) == expected[static_cast<std::size_t>(step)]);
        CHECK(values(schedule, step, 10) ==
              std::vector<double>(expected.begin() + step, expected.end()));
    }
    CHECK(schedule(last_step) == triangle(last_step - 5));
}

TEST_CASE("a Sequence of one schedule is that schedule") {
    CHECK(values(Sequence({triangle}, {}), 3, 9) == values(triangle, 3, 9));
}

TEST_CASE("a Sequence in a Sequence is one Sequence") {
    const Sequence flat({one, triangle, one}, {2, 5});
    CHECK(values(Sequence({Sequence({one, triangle}, {2}), one}, {5}), 0, 10) ==
          values(flat, 0, 10));
    CHECK(values(Sequence({one, Sequence({triangle, one}, {3})}, {2}), 0, 10) ==
          values(flat, 0, 10));
}

TEST_CASE("a Sequence refuses ends that are missing or out of order") {
    CHECK_THROWS_WITH_AS(Sequence({}, {}), "len(schedules) must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Sequence({one, one}, {}),
                         "len(milestones) must be len(schedules) - 1 = 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Sequence({one, one, one}, {5, 5}),
                         "milestones[1] must be greater than milestones[0]=5, but got 5",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Sequence({one, one}, {0}), "milestones[0] must be at least 1, but got 0",
                         std::invalid_argument);
}

TEST_CASE("a Sequence refuses to cut a warm-up short") {
    const Warmup warmup(one, 4, "linear", "0", 0.0);
    CHECK_NOTHROW(Sequence({one, warmup, one}, {3, 7}));
    CHECK_THROWS_WITH_AS(Sequence({one, warmup, one}, {3, 6}),
                         "milestones[1] must leave the warm-up its 4 steps, but got 6",
                         std::invalid_argument);
}

TEST_CASE("the schedules of a Sequence count as one deeper") {
    AnySchedule chain(one);
    for (int links = 1; links < 100; ++links) chain = Sequence({one, chain}, {1});
    CHECK(chain(500) == 1.0);
    CHECK_THROWS_WITH_AS(chain = Sequence({chain, one}, {1}),
                         "schedule must be nested at most 100 deep, but got 101",
                         std::invalid_argument);
}

TEST_CASE("a Sequence refuses a negative step") {
    CHECK_THROWS_WITH_AS(Sequence({one, one}, {3})(-1), "step must not be negative, but got -1",
                         std::invalid_argument);
}
