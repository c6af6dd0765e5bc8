#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>

#include "lrcore/range_test/range_test.hpp"

using namespace lrcore;

using Values = std::vector<double>;

namespace {

/// Five points from 1e-4 to 1, whose smoothed loss is the loss.
RangeTestOptions options() {
    RangeTestOptions options;
    options.start_lr = {1e-4};
    options.end_lr = {1.0};
    options.num_iter = 5;
    options.beta = 0.0;
    options.divergence_factor = 4.0;
    return options;
}

RangeTestOptions aligned(const char* align, std::int64_t batches_per_lr) {
    RangeTestOptions changed = options();
    changed.start_lr = {0.25};
    changed.end_lr = {4.0};
    changed.num_iter = 3;  // 0.25, 1, 4
    changed.align = align;
    changed.batches_per_lr = batches_per_lr;
    return changed;
}

RangeTest after(std::initializer_list<double> losses, const RangeTestOptions& of = options()) {
    RangeTest test(of);
    for (const double loss : losses) test.record(loss);
    return test;
}

Values lrs(const RangeTest& test) {
    Values first;
    for (const Values& group_lrs : test.recorded_group_lrs()) first.push_back(group_lrs.front());
    return first;
}

const Values& losses(const RangeTest& test) { return test.recorder().losses().points; }

}  // namespace

TEST_CASE("RangeTest records each loss with the learning rate that its update used") {
    RangeTest test(options());
    const Values expected{1e-4, 1e-3, 1e-2, 1e-1, 1.0};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(test.lr() == doctest::Approx(expected[i]).epsilon(1e-15));
        CHECK(test.record(1.0) == Verdict::ok);
        CHECK(lrs(test)[i] == doctest::Approx(expected[i]).epsilon(1e-15));
    }
    CHECK(lrs(test).front() == 1e-4);
    CHECK(lrs(test).back() == 1.0);
    CHECK(test.stop_reason() == StopReason::finished);
}

TEST_CASE("RangeTest gives every group its own learning rate, exact at both ends") {
    RangeTestOptions of = options();
    of.start_lr = {0.1, 0.25};
    of.end_lr = {0.7, 1.25};
    of.step_mode = "linear";
    RangeTest test(of);
    CHECK(test.group_lrs() == Values{0.1, 0.25});
    CHECK(test.lr() == 0.1);
    while (!test.stop_reason()) test.record(1.0);
    CHECK(test.recorded_group_lrs().front() == Values{0.1, 0.25});
    CHECK(test.recorded_group_lrs()[1][1] == 0.5);
    CHECK(test.recorded_group_lrs().back() == Values{0.7, 1.25});
}

TEST_CASE("RangeTest does several updates with a learning rate and records their mean") {
    RangeTest test(aligned("used", 2));
    CHECK(test.num_updates() == 6);
    Values used;
    for (const double loss : {1.0, 2.0, 3.0, 5.0, 7.0, 8.0}) {
        used.push_back(test.lr());
        test.record(loss);
    }
    CHECK(used == Values{0.25, 0.25, 1.0, 1.0, 4.0, 4.0});
    CHECK(lrs(test) == Values{0.25, 1.0, 4.0});
    CHECK(losses(test) == Values{1.5, 4.0, 7.5});
    CHECK(test.stop_reason() == StopReason::diverged);
}

TEST_CASE("RangeTest judges the mean of a point, when the point is complete") {
    RangeTest test = after({1.0, 1.0}, aligned("used", 2));
    CHECK(test.record(100.0) == Verdict::ok);
    CHECK(test.record(1.0) == Verdict::diverged);
    CHECK(losses(test) == Values{1.0, 50.5});
}

TEST_CASE("RangeTest pairs a learning rate with the loss after its update, and does one more") {
    RangeTest test(aligned("effect", 1));
    CHECK(test.num_updates() == 4);
    Values used;
    for (const double loss : {9.0, 1.0, 2.0, 3.0}) {
        used.push_back(test.lr());
        CHECK(test.record(loss) == Verdict::ok);
    }
    CHECK(used == Values{0.25, 1.0, 4.0, 4.0});
    CHECK(lrs(test) == Values{0.25, 1.0, 4.0});
    CHECK(losses(test) == Values{1.0, 2.0, 3.0});
    CHECK(test.smoothed_losses() == Values{1.0, 2.0, 3.0});
    CHECK(test.stop_reason() == StopReason::finished);
}

TEST_CASE("RangeTest pairs a learning rate with the losses after each of its updates") {
    RangeTest test(aligned("effect", 2));
    CHECK(test.num_updates() == 7);
    Values used;
    for (const double loss : {9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0}) {
        used.push_back(test.lr());
        test.record(loss);
    }
    CHECK(used == Values{0.25, 0.25, 1.0, 1.0, 4.0, 4.0, 4.0});
    CHECK(losses(test) == Values{1.5, 3.5, 6.0});
    CHECK(test.updates_done() == 7);
}

TEST_CASE("RangeTest judges divergence on the smoothed loss and keeps the raw one") {
    RangeTestOptions of = options();
    of.beta = 0.5;
    RangeTest test(of);
    CHECK(test.record(1.0) == Verdict::ok);
    // By hand: (0.5 * 0.5 + 0.5 * 5) / 0.75 = 11/3 is within 4 times the best, though 5 is not.
    CHECK(test.record(5.0) == Verdict::ok);
    // (0.5 * 2.75 + 0.5 * 9) / 0.875 = 47/7
    CHECK(test.record(9.0) == Verdict::diverged);
    CHECK(test.stop_reason() == StopReason::diverged);
    CHECK(losses(test) == Values{1.0, 5.0, 9.0});
    CHECK(test.smoothed_losses()[1] == doctest::Approx(11.0 / 3.0).epsilon(1e-15));
    CHECK(test.smoothed_losses()[2] == doctest::Approx(47.0 / 7.0).epsilon(1e-15));
}

TEST_CASE("RangeTest does not end as diverged before min_iter points") {
    RangeTestOptions of = options();
    of.min_iter = 3;
    RangeTest test(of);
    CHECK(test.record(1.0) == Verdict::ok);
    CHECK(test.record(100.0) == Verdict::ok);
    CHECK(test.record(100.0) == Verdict::diverged);
    CHECK(after({1.0, HUGE_VAL}, of).stop_reason() == StopReason::nonfinite);
    of.min_iter = 6;
    CHECK(after({1.0, 100.0, 100.0, 100.0, 100.0}, of).stop_reason() == StopReason::finished);
}

TEST_CASE("RangeTest stops at once at a loss that is not finite, and records it") {
    for (const double loss : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        RangeTest test = after({2.0, 1.0});
        CHECK(test.record(loss) == Verdict::nonfinite);
        CHECK(test.stop_reason() == StopReason::nonfinite);
        CHECK(lrs(test).size() == 3);
        CHECK_FALSE(std::isfinite(losses(test).back()));
        CHECK_FALSE(std::isfinite(test.smoothed_losses().back()));
        CHECK(test.smoothed_losses()[1] == 1.0);
    }
}

TEST_CASE("a loss that is not finite is the loss of the point that has begun") {
    RangeTest test = after({1.0, 2.0, 3.0}, aligned("used", 2));
    CHECK(test.record(-HUGE_VAL) == Verdict::nonfinite);
    CHECK(losses(test) == Values{1.5, -HUGE_VAL});
    RangeTest begun = after({1.0, 2.0}, aligned("used", 2));
    CHECK(begun.record(HUGE_VAL) == Verdict::nonfinite);
    CHECK(losses(begun) == Values{1.5, HUGE_VAL});
}

TEST_CASE("a first loss that is not finite belongs to no learning rate with align effect") {
    RangeTest test = after({}, aligned("effect", 1));
    CHECK(test.record(HUGE_VAL) == Verdict::nonfinite);
    CHECK(test.stop_reason() == StopReason::nonfinite);
    CHECK(losses(test).empty());
    CHECK(test.updates_done() == 1);
}

TEST_CASE("RangeTest that diverges at its last update says so") {
    CHECK(after({1.0, 1.0, 1.0, 1.0, 9.0}).stop_reason() == StopReason::diverged);
}

TEST_CASE("RangeTest rejects further use after the stop") {
    RangeTest test = after({1.0, 9.0});
    const char* message = "the range test has stopped (diverged): there is no next update";
    CHECK_THROWS_WITH_AS(test.lr(), message, std::logic_error);
    CHECK_THROWS_WITH_AS(test.group_lrs(), message, std::logic_error);
    CHECK_THROWS_WITH_AS(test.record(1.0), message, std::logic_error);
    CHECK(losses(test).size() == 2);
}

TEST_CASE("RangeTest is stopped from outside, and keeps its first reason") {
    for (const StopReason reason :
         {StopReason::data_exhausted, StopReason::interrupted, StopReason::nonfinite}) {
        RangeTest test = after({1.0});
        test.stop(reason);
        test.stop(StopReason::interrupted);
        CHECK(test.stop_reason() == reason);
    }
    CHECK_THROWS_WITH_AS(
        after({}).stop(StopReason::finished),
        "reason must be data_exhausted, interrupted or nonfinite, but got finished",
        std::invalid_argument);
}

TEST_CASE("RangeTest stopped within a point keeps the mean of its updates so far") {
    RangeTest within = after({1.0, 2.0, 3.0, 4.0, 5.0}, aligned("used", 3));
    within.stop(StopReason::data_exhausted);
    CHECK(losses(within) == Values{2.0, 4.5});
    CHECK(lrs(within) == Values{0.25, 1.0});
    CHECK(within.smoothed_losses() == Values{2.0, 4.5});
    RangeTest between = after({1.0, 2.0, 3.0}, aligned("used", 3));
    between.stop(StopReason::data_exhausted);
    CHECK(losses(between) == Values{2.0});
    RangeTest effect = after({9.0, 1.0, 2.0, 3.0}, aligned("effect", 2));
    effect.stop(StopReason::interrupted);
    CHECK(losses(effect) == Values{1.5, 3.0});
}

TEST_CASE("RangeTest stopped within a point keeps the given reason even if that point diverges") {
    RangeTest test = after({1.0, 1.0, 100.0}, aligned("used", 2));
    test.stop(StopReason::interrupted);
    CHECK(test.stop_reason() == StopReason::interrupted);
    CHECK(losses(test) == Values{1.0, 100.0});
}

TEST_CASE("RangeTest keeps training losses and metrics beside the losses, and judges the losses") {
    RangeTest test(aligned("used", 2));
    test.record(1.0, 100.0, 0.5);
    test.record(3.0, 300.0, 0.75);
    CHECK(test.record(2.0, HUGE_VAL, 1.0) == Verdict::ok);
    test.stop(StopReason::interrupted);
    CHECK(losses(test) == Values{2.0, 2.0});
    CHECK(test.recorder().training_losses()->points == Values{200.0, HUGE_VAL});
    CHECK(test.recorder().metrics()->points == Values{0.625, 1.0});
}

TEST_CASE("RangeTest refuses a training loss beside a loss that is aligned with its effect") {
    RangeTest test(aligned("effect", 1));
    CHECK_THROWS_WITH_AS(
        test.record(1.0, 2.0),
        "training_loss must not be given with align='effect': a loss that was measured beside the "
        "training loss shows the effect of its own update, which is align='used'",
        std::invalid_argument);
    CHECK(test.updates_done() == 0);
    test.record(1.0, std::nullopt, 0.5);
    CHECK(test.updates_done() == 1);
}

TEST_CASE("a restored RangeTest continues with the same bits") {
    RangeTestOptions of = options();
    of.beta = 0.98;
    of.num_iter = 4;
    of.batches_per_lr = 2;
    of.align = "effect";
    const auto record = [](RangeTest& test, std::initializer_list<double> losses) {
        for (const double loss : losses) test.record(loss, std::nullopt, loss / 3.0);
    };
    RangeTest test(of);
    record(test, {2.3, 2.2, 2.1, 2.4});
    RangeTest restored(of);
    restored.record(0.1);
    restored.restore(test.state());
    CHECK(restored.lr() == test.lr());
    record(test, {1.9, 1.8});
    record(restored, {1.9, 1.8});
    CHECK(restored.smoothed_losses() == test.smoothed_losses());
    CHECK(losses(restored) == losses(test));
    CHECK(restored.recorder().metrics()->points == test.recorder().metrics()->points);
    CHECK(lrs(restored) == lrs(test));
}

TEST_CASE("a restored RangeTest keeps its stop") {
    RangeTest interrupted = after({1.0, 1.0});
    interrupted.stop(StopReason::interrupted);
    RangeTest overflowed = after({1.0, 1.0});
    overflowed.stop(StopReason::nonfinite);
    for (const RangeTest& test :
         {interrupted, overflowed, after({1.0, 9.0}), after({1.0, HUGE_VAL})}) {
        RangeTest restored = after({});
        restored.restore(test.state());
        CHECK(restored.stop_reason() == test.stop_reason());
        CHECK(losses(restored) == losses(test));
    }
}

TEST_CASE("RangeTest rejects a state that is not its own and keeps what it has") {
    RangeTest test = after({1.0});
    const auto reject = [&test](const RangeTest::State& state, const char* message) {
        CHECK_THROWS_WITH_AS(test.restore(state), message, std::invalid_argument);
    };
    reject({{{1e-4}}, {}, {}, {}, {}}, "len(lrs) must be len(losses) = 0, but got 1");
    reject({{{1e-4}}, {1.0}, {}, Values{}, {}}, "len(metrics) must be len(losses) = 1, but got 0");
    reject({{{1e-4}}, {1.0}, Values{1.0, 2.0}, {}, {}},
           "len(training_losses) must be len(losses) = 1, but got 2");
    reject({{{0.5}}, {1.0}, {}, {}, {}},
           "lrs[0] must be this range test's learning rates [0.0001], but got [0.5]");
    reject({{{1e-4, 0.5}}, {1.0}, {}, {}, {}},
           "lrs[0] must be this range test's learning rates [0.0001], but got [0.0001, 0.5]");
    RangeTest::State ended = after({1.0, 9.0}).state();
    ended.stop_reason = StopReason::finished;
    reject(ended, "stop_reason must be 'diverged', which is how these losses end the range test");
    ended.lrs.push_back({1e-2});
    ended.losses.push_back(1.0);
    reject(ended, "losses[2] follows the end of the range test (diverged)");
    CHECK(losses(test) == Values{1.0});
}

TEST_CASE("RangeTest names the argument that it rejects") {
    const auto reject = [](RangeTestOptions of, const char* message) {
        CHECK_THROWS_WITH_AS(RangeTest{of}, message, std::invalid_argument);
    };
    RangeTestOptions of = options();
    of.end_lr = {1e-4};
    reject(of, "end_lr must be greater than start_lr=0.0001, but got 0.0001");
    of = options();
    of.num_iter = 1;
    reject(of, "num_iter must be at least 2, but got 1");
    of = options();
    of.beta = 1.0;
    reject(of, "beta must be at least 0 and less than 1, but got 1.0");
    of = options();
    of.divergence_factor = 0.5;
    reject(of, "divergence_factor must be a finite number greater than 1, but got 0.5");
    of = options();
    of.batches_per_lr = 0;
    reject(of, "batches_per_lr must be at least 1, but got 0");
    of.batches_per_lr = std::numeric_limits<std::int64_t>::max();
    reject(of,
           "batches_per_lr must be at most 1844674407370955161 for num_iter=5, but got "
           "9223372036854775807");
    of = options();
    of.align = "next";
    reject(of, "align must be 'used' or 'effect', but got 'next'");
    of = options();
    of.min_iter = -1;
    reject(of, "min_iter must be at least 0, but got -1");
}
