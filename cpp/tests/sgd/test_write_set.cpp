#include <doctest/doctest.h>

#include "lrcore/sgd/memory_overlap.hpp"

using namespace lrcore;

TEST_CASE("bytes overlap if they share one, neighbours and empty ones do not") {
    CHECK(Bytes{2, 5}.overlaps({4, 6}));
    CHECK(Bytes{2, 5}.overlaps({3, 4}));
    CHECK(Bytes{3, 4}.overlaps({2, 5}));
    CHECK_FALSE(Bytes{2, 5}.overlaps({5, 6}));
    CHECK_FALSE(Bytes{2, 5}.overlaps({0, 2}));
    CHECK_FALSE(Bytes{2, 5}.overlaps({3, 3}));
    CHECK_FALSE(Bytes{3, 3}.overlaps({2, 5}));
}

TEST_CASE("WriteSet finds blocks that overlap each other") {
    CHECK_FALSE(WriteSet({{10, 20}, {0, 10}, {15, 15}, {30, 40}}).has_overlap());
    CHECK(WriteSet({{10, 20}, {0, 40}}).has_overlap());
    CHECK(WriteSet({{0, 40}, {1, 2}, {30, 50}}).has_overlap());
    CHECK(WriteSet({{5, 9}, {5, 9}}).has_overlap());
}

TEST_CASE("other memory is found in every block and nowhere else") {
    const WriteSet written({{10, 20}, {40, 50}, {20, 30}});
    for (std::uintptr_t at = 0; at < 60; ++at) {
        const bool is_written = (at >= 10 && at < 30) || (at >= 40 && at < 50);
        CHECK(written.overlaps({at, at + 1}) == is_written);
        CHECK_FALSE(written.overlaps({at, at}));
    }
    CHECK(written.overlaps({0, 100}));
    CHECK(written.overlaps({30, 41}));
    CHECK_FALSE(written.overlaps({30, 40}));
    CHECK_FALSE(WriteSet().overlaps({0, 100}));
}
