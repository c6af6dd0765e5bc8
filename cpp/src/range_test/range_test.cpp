#include "lrcore/range_test/range_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

enum class Alignment { used, effect };
constexpr std::array alignments{"used", "effect"};

std::string name_of(StopReason reason) { return stop_reasons[static_cast<std::size_t>(reason)]; }

std::int64_t lead_of(const std::string& align) {
    return parse_choice<Alignment>("align", align, alignments) == Alignment::effect ? 1 : 0;
}

std::int64_t checked_batches_per_lr(const RangeTestOptions& options) {
    const std::int64_t most = (std::numeric_limits<std::int64_t>::max() - 1) / options.num_iter;
    at_least(1, "batches_per_lr", options.batches_per_lr);
    return require(options.batches_per_lr <= most, "batches_per_lr",
                   "be at most " + repr(most) + " for num_iter=" + repr(options.num_iter),
                   options.batches_per_lr);
}

}  // namespace

RangeTest::RangeTest(const RangeTestOptions& options)
    : sweep_(options.start_lr, options.end_lr, options.num_iter, options.step_mode),
      batches_per_lr_(checked_batches_per_lr(options)),
      lead_(lead_of(options.align)),
      min_iter_(at_least(0, "min_iter", options.min_iter)),
      ema_(options.beta),
      detector_(greater_than_one("divergence_factor", options.divergence_factor)),
      recorder_(batches_per_lr_, lead_) {}

std::vector<double> RangeTest::lrs_of_update(std::int64_t update) const {
    return sweep_(std::min(update / batches_per_lr_, num_iter() - 1));
}

std::vector<double> RangeTest::group_lrs() const {
    check_running();
    return lrs_of_update(updates_done());
}

void RangeTest::check_running() const {
    if (!stop_reason_) return;
    throw std::logic_error("the range test has stopped (" + name_of(*stop_reason_) +
                           "): there is no next update");
}

Verdict RangeTest::record(double loss, std::optional<double> training_loss,
                          std::optional<double> metric) {
    check_running();
    if (lead_ > 0 && training_loss) {
        throw argument_error(
            "training_loss",
            "must not be given with align='effect': a loss that was measured beside "
            "the training loss shows the effect of its own update, which is align='used'");
    }
    recorder_.record(loss, training_loss, metric);
    const Verdict verdict = judge(loss);
    if (verdict == Verdict::nonfinite) {
        stop_reason_ = StopReason::nonfinite;
    } else if (verdict == Verdict::diverged) {
        stop_reason_ = StopReason::diverged;
    } else if (updates_done() == num_updates()) {
        stop_reason_ = StopReason::finished;
    }
    return verdict;
}

Verdict RangeTest::judge(double loss) {
    if (recorder_.point_is_full()) return complete_point();
    if (std::isfinite(loss)) return Verdict::ok;
    if (recorder_.point_has_begun()) complete_point();
    return Verdict::nonfinite;
}

Verdict RangeTest::complete_point() {
    const double loss = recorder_.complete_point();
    // A non-finite loss would make every later average NaN.
    smoothed_losses_.push_back(std::isfinite(loss) ? ema_.update(loss) : loss);
    const Verdict verdict = detector_.update(smoothed_losses_.back());
    const bool too_early = recorder_.num_points() < min_iter_;
    return verdict == Verdict::diverged && too_early ? Verdict::ok : verdict;
}

void RangeTest::stop(StopReason reason) {
    if (reason == StopReason::finished || reason == StopReason::diverged) {
        throw argument_error(
            "reason",
            "must be data_exhausted, interrupted or nonfinite, but got " + name_of(reason));
    }
    if (stop_reason_) return;
    if (recorder_.point_has_begun()) complete_point();
    stop_reason_ = reason;
}

std::vector<std::vector<double>> RangeTest::recorded_group_lrs() const {
    std::vector<std::vector<double>> lrs;
    for (std::int64_t i = 0; i < recorder_.num_points(); ++i) lrs.push_back(sweep_(i));
    return lrs;
}

RangeTest::State RangeTest::state() const {
    const auto updates_of = [](const std::optional<LossRecorder::Column>& column) {
        return column ? std::optional(column->updates) : std::nullopt;
    };
    State state{{},
                recorder_.losses().updates,
                updates_of(recorder_.training_losses()),
                updates_of(recorder_.metrics()),
                stop_reason_};
    for (std::int64_t i = 0; i < updates_done(); ++i) state.lrs.push_back(lrs_of_update(i));
    return state;
}

void RangeTest::restore(const State& state) {
    RangeTest restored = *this;
    restored.ema_ = Ema(ema_.beta());
    restored.detector_ = DivergenceDetector(detector_.factor());
    restored.recorder_ = LossRecorder(batches_per_lr_, lead_);
    restored.smoothed_losses_.clear();
    restored.stop_reason_.reset();
    restored.replay(state);
    *this = std::move(restored);
}

void RangeTest::replay(const State& state) {
    const auto check_length = [&state](const char* name, std::size_t size) {
        require(size == state.losses.size(), std::string("len(") + name + ")",
                "be len(losses) = " + std::to_string(state.losses.size()),
                static_cast<std::int64_t>(size));
    };
    check_length("lrs", state.lrs.size());
    if (state.training_losses) check_length("training_losses", state.training_losses->size());
    if (state.metrics) check_length("metrics", state.metrics->size());
    for (std::size_t i = 0; i < state.losses.size(); ++i) replay_update(state, i);
    if (state.stop_reason && !stop_reason_) stop(*state.stop_reason);
    if (state.stop_reason != stop_reason_) {
        throw std::invalid_argument("stop_reason must be '" + name_of(*stop_reason_) +
                                    "', which is how these losses end the range test");
    }
}

void RangeTest::replay_update(const State& state, std::size_t update) {
    const std::string index = "[" + std::to_string(update) + "]";
    if (stop_reason_) {
        throw std::invalid_argument("losses" + index + " follows the end of the range test (" +
                                    name_of(*stop_reason_) + ")");
    }
    require(state.lrs[update] == group_lrs(), "lrs" + index,
            "be this range test's learning rates " + repr(group_lrs()), state.lrs[update]);
    const auto of_update = [update](const std::optional<std::vector<double>>& column) {
        return column ? std::optional((*column)[update]) : std::nullopt;
    };
    record(state.losses[update], of_update(state.training_losses), of_update(state.metrics));
}

}  // namespace lrcore
