#include "lrcore/range_test.hpp"

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "lrcore/validate.hpp"

namespace lrcore {
namespace {

std::string name_of(StopReason reason) { return stop_reasons[static_cast<std::size_t>(reason)]; }

Exponential sweep(double start_lr, double end_lr, std::int64_t num_iter) {
    positive("start_lr", start_lr);
    greater_than("end_lr", end_lr, "start_lr", start_lr);
    return Exponential(start_lr, end_lr, count_of_at_least(2, "num_iter", num_iter));
}

}  // namespace

RangeTest::RangeTest(double start_lr, double end_lr, std::int64_t num_iter, double beta,
                     double divergence_factor)
    : schedule_(sweep(start_lr, end_lr, num_iter)),
      num_iter_(num_iter),
      ema_(beta),
      detector_(magnification("divergence_factor", divergence_factor)) {}

double RangeTest::lr() const {
    if (state_.stop_reason) {
        throw std::logic_error("the range test has stopped (" + name_of(*state_.stop_reason) +
                               "): there is no next update");
    }
    return schedule_(static_cast<std::int64_t>(state_.lrs.size()));
}

Verdict RangeTest::record(double loss) {
    state_.lrs.push_back(lr());
    state_.losses.push_back(loss);
    const Verdict verdict = judge(loss);
    if (verdict == Verdict::nonfinite) {
        state_.stop_reason = StopReason::nonfinite;
    } else if (verdict == Verdict::diverged) {
        state_.stop_reason = StopReason::diverged;
    } else if (static_cast<std::int64_t>(state_.lrs.size()) == num_iter_) {
        state_.stop_reason = StopReason::finished;
    }
    return verdict;
}

Verdict RangeTest::judge(double loss) {
    // A loss that is not finite would poison the average for good.
    const double smoothed = std::isfinite(loss) ? ema_.update(loss) : loss;
    smoothed_losses_.push_back(smoothed);
    return detector_.update(smoothed);
}

void RangeTest::stop(StopReason reason) {
    if (reason != StopReason::data_exhausted && reason != StopReason::interrupted) {
        throw std::invalid_argument("reason must be data_exhausted or interrupted, but got " +
                                    name_of(reason));
    }
    if (!state_.stop_reason) state_.stop_reason = reason;
}

void RangeTest::restore(const State& state) {
    RangeTest restored = *this;
    restored.ema_ = Ema(ema_.beta());
    restored.detector_ = DivergenceDetector(detector_.factor());
    restored.state_ = {};
    restored.smoothed_losses_.clear();
    restored.replay(state);
    *this = std::move(restored);
}

void RangeTest::replay(const State& state) {
    if (state.lrs.size() != state.losses.size()) {
        throw std::invalid_argument("lrs and losses must have equal lengths, but got " +
                                    std::to_string(state.lrs.size()) + " and " +
                                    std::to_string(state.losses.size()));
    }
    for (std::size_t i = 0; i < state.losses.size(); ++i) {
        const std::string index = "[" + std::to_string(i) + "]";
        if (state_.stop_reason) {
            throw std::invalid_argument("losses" + index + " follows the end of the range test (" +
                                        name_of(*state_.stop_reason) + ")");
        }
        require(state.lrs[i] == lr(), "lrs" + index,
                "be this range test's learning rate " + repr(lr()), state.lrs[i]);
        record(state.losses[i]);
    }
    if (state.stop_reason && !state_.stop_reason) stop(*state.stop_reason);
    if (state.stop_reason != state_.stop_reason) {
        throw std::invalid_argument("stop_reason must be '" + name_of(*state_.stop_reason) +
                                    "', which is how these losses end the range test");
    }
}

}  // namespace lrcore
