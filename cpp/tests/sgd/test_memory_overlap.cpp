#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/sgd/memory_overlap.hpp"

using namespace lrcore;

namespace {

constexpr bool written = true;
constexpr bool read = false;

}  // namespace

TEST_CASE("arrays side by side do not overlap") {
    CHECK_NOTHROW(check_no_overlap({{"params", 0, 0, 16, written},
                                    {"grads", 0, 32, 48, read},
                                    {"buffers", 0, 16, 32, written}}));
}

TEST_CASE("an array that is only read may be given twice") {
    CHECK_NOTHROW(check_no_overlap({{"grads", 0, 0, 16, read}, {"grads", 1, 0, 16, read}}));
}

TEST_CASE("an array that is written may not be given twice") {
    CHECK_THROWS_WITH_AS(
        check_no_overlap({{"params", 0, 0, 16, written}, {"params", 1, 0, 16, written}}),
        "params[0] overlaps params[1]", std::invalid_argument);
}

TEST_CASE("one shared byte is an overlap, whichever of the two is written") {
    CHECK_THROWS_WITH_AS(
        check_no_overlap({{"params", 0, 15, 31, written}, {"grads", 0, 0, 16, read}}),
        "grads[0] overlaps params[0]", std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        check_no_overlap({{"params", 0, 0, 16, written}, {"grads", 0, 15, 31, read}}),
        "params[0] overlaps grads[0]", std::invalid_argument);
}

TEST_CASE("an overlap is found behind arrays that end earlier") {
    CHECK_THROWS_WITH_AS(check_no_overlap({{"params", 0, 0, 100, written},
                                           {"grads", 0, 120, 130, read},
                                           {"grads", 1, 110, 150, read},
                                           {"buffers", 1, 140, 160, written}}),
                         "grads[1] overlaps buffers[1]", std::invalid_argument);
}

TEST_CASE("an empty array overlaps nothing") {
    CHECK_NOTHROW(check_no_overlap({{"params", 0, 0, 16, written}, {"buffers", 0, 8, 8, written}}));
}
