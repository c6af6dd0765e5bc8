#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "lrcore/range_test.hpp"

using namespace lrcore;

namespace {

RangeTest after(std::initializer_list<double> losses) {
    RangeTest test(1e-4, 1.0, 5, 0.0, 4.0);  // beta 0: the smoothed loss is the loss
    for (const double loss : losses) test.record(loss);
    return test;
}

}  // namespace

TEST_CASE("RangeTest records each loss with the learning rate that its update used") {
    RangeTest test(1e-4, 1.0, 5, 0.0, 4.0);
    const std::vector<double> expected{1e-4, 1e-3, 1e-2, 1e-1, 1.0};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(test.lr() == doctest::Approx(expected[i]).epsilon(1e-15));
        CHECK(test.record(1.0) == Verdict::ok);
        CHECK(test.lrs()[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
    CHECK(test.lrs().front() == 1e-4);
    CHECK(test.lrs().back() == 1.0);
    CHECK(test.stop_reason() == StopReason::finished);
}

TEST_CASE("RangeTest judges divergence on the smoothed loss and keeps the raw one") {
    RangeTest test(1e-4, 1.0, 10, 0.5, 4.0);
    CHECK(test.record(1.0) == Verdict::ok);
    // By hand: (0.5 * 0.5 + 0.5 * 5) / 0.75 = 11/3 is within 4 times the best, though 5 is not.
    CHECK(test.record(5.0) == Verdict::ok);
    // (0.5 * 2.75 + 0.5 * 9) / 0.875 = 47/7
    CHECK(test.record(9.0) == Verdict::diverged);
    CHECK(test.stop_reason() == StopReason::diverged);
    CHECK(test.losses() == std::vector<double>{1.0, 5.0, 9.0});
    CHECK(test.smoothed_losses()[1] == doctest::Approx(11.0 / 3.0).epsilon(1e-15));
    CHECK(test.smoothed_losses()[2] == doctest::Approx(47.0 / 7.0).epsilon(1e-15));
}

TEST_CASE("RangeTest stops at once at a loss that is not finite, and records it") {
    for (const double loss : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        RangeTest test = after({2.0, 1.0});
        CHECK(test.record(loss) == Verdict::nonfinite);
        CHECK(test.stop_reason() == StopReason::nonfinite);
        CHECK(test.lrs().size() == 3);
        CHECK_FALSE(std::isfinite(test.losses().back()));
        CHECK_FALSE(std::isfinite(test.smoothed_losses().back()));
        CHECK(test.smoothed_losses()[1] == 1.0);
    }
}

TEST_CASE("RangeTest that diverges at its last update says so") {
    CHECK(after({1.0, 1.0, 1.0, 1.0, 9.0}).stop_reason() == StopReason::diverged);
}

TEST_CASE("RangeTest has no next learning rate and takes no loss after the stop") {
    RangeTest test = after({1.0, 9.0});
    const char* message = "the range test has stopped (diverged): there is no next update";
    CHECK_THROWS_WITH_AS(test.lr(), message, std::logic_error);
    CHECK_THROWS_WITH_AS(test.record(1.0), message, std::logic_error);
    CHECK(test.losses().size() == 2);
}

TEST_CASE("RangeTest is stopped from outside, and keeps its first reason") {
    RangeTest test = after({1.0});
    test.stop(StopReason::data_exhausted);
    test.stop(StopReason::interrupted);
    CHECK(test.stop_reason() == StopReason::data_exhausted);
    CHECK_THROWS_WITH_AS(after({}).stop(StopReason::finished),
                         "reason must be data_exhausted or interrupted, but got finished",
                         std::invalid_argument);
}

TEST_CASE("a restored RangeTest goes on with the same bits") {
    RangeTest test(1e-5, 10.0, 7, 0.98, 4.0);
    for (const double loss : {2.3, 2.2, 2.1}) test.record(loss);
    RangeTest restored(1e-5, 10.0, 7, 0.98, 4.0);
    restored.record(0.1);
    restored.restore(test.state());
    CHECK(restored.lr() == test.lr());
    test.record(1.9);
    restored.record(1.9);
    CHECK(restored.smoothed_losses() == test.smoothed_losses());
    CHECK(restored.lrs() == test.lrs());
}

TEST_CASE("a restored RangeTest keeps its stop") {
    RangeTest interrupted = after({1.0, 1.0});
    interrupted.stop(StopReason::interrupted);
    for (const RangeTest& test : {interrupted, after({1.0, 9.0}), after({1.0, HUGE_VAL})}) {
        RangeTest restored = after({});
        restored.restore(test.state());
        CHECK(restored.stop_reason() == test.stop_reason());
        CHECK(restored.losses() == test.losses());
    }
}

TEST_CASE("RangeTest rejects a state that is not its own and keeps what it has") {
    RangeTest test = after({1.0});
    CHECK_THROWS_WITH_AS(test.restore({{1e-4}, {}, std::nullopt}),
                         "lrs and losses must have equal lengths, but got 1 and 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(test.restore({{0.5}, {1.0}, std::nullopt}),
                         "lrs[0] must be this range test's learning rate 0.0001, but got 0.5",
                         std::invalid_argument);
    RangeTest::State ended = after({1.0, 9.0}).state();
    ended.stop_reason = StopReason::finished;
    CHECK_THROWS_WITH_AS(
        test.restore(ended),
        "stop_reason must be 'diverged', which is how these losses end the range test",
        std::invalid_argument);
    ended.lrs.push_back(1e-2);
    ended.losses.push_back(1.0);
    CHECK_THROWS_WITH_AS(test.restore(ended),
                         "losses[2] follows the end of the range test (diverged)",
                         std::invalid_argument);
    CHECK(test.losses() == std::vector<double>{1.0});
}

TEST_CASE("RangeTest names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(RangeTest(1.0, 1.0, 5, 0.9, 4.0),
                         "end_lr must be greater than start_lr=1.0, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(RangeTest(0.0, 1.0, 5, 0.9, 4.0),
                         "start_lr must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(RangeTest(0.1, 1.0, 1, 0.9, 4.0), "num_iter must be at least 2, but got 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(RangeTest(0.1, 1.0, 5, 0.9, 0.5),
                         "divergence_factor must be a finite number greater than 1, but got 0.5",
                         std::invalid_argument);
}
