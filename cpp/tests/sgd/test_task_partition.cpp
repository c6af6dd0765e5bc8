#include <doctest/doctest.h>

#include <vector>

#include "lrcore/sgd/sgd_plan.hpp"

using namespace lrcore;

namespace {

const std::vector<std::vector<std::size_t>> lists{
    {}, {0}, {1}, {63, 64, 65}, {0, 5, 0}, {1000003}, {5, 0, 64, 999900, 1, 33}, {32768, 32768}};

}  // namespace

TEST_CASE("the tasks cover every element once, in order") {
    for (const std::vector<std::size_t>& sizes : lists) {
        const TaskPartition table(sizes);
        std::vector<std::size_t> covered(sizes.size(), 0);
        std::size_t last_tensor = 0;
        for (std::size_t task = 0; task < table.size(); ++task) {
            REQUIRE(table[task].size() > 0);
            for (const Segment& segment : table[task]) {
                REQUIRE(segment.tensor >= last_tensor);
                REQUIRE(segment.begin == covered[segment.tensor]);
                REQUIRE(segment.end > segment.begin);
                covered[segment.tensor] = segment.end;
                last_tensor = segment.tensor;
            }
        }
        CHECK(covered == sizes);
    }
}

TEST_CASE("the cuts within a tensor are whole cache lines from its begin") {
    const TaskPartition table({5, 1000003, 70000});
    for (std::size_t task = 0; task < table.size(); ++task) {
        for (const Segment& segment : table[task]) CHECK(segment.begin % 64 == 0);
    }
}

TEST_CASE("tasks are of about equal work, also those of many tiny tensors") {
    const TaskPartition large({1000000});
    CHECK(large.size() == 31);  // 1000000 / 2^15, rounded up
    CHECK(large.elements() == 1000000);
    const TaskPartition tiny(std::vector<std::size_t>(100000, 1));
    CHECK(tiny.size() > 100);
}
