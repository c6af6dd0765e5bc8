#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lrcore/monitors/divergence.hpp"
#include "lrcore/monitors/ema.hpp"
#include "lrcore/range_test/loss_recorder.hpp"
#include "lrcore/range_test/lr_sweep.hpp"

namespace lrcore {

enum class StopReason { finished, diverged, nonfinite, data_exhausted, interrupted };
inline constexpr std::array stop_reasons{"finished", "diverged", "nonfinite", "data_exhausted",
                                         "interrupted"};

struct RangeTestOptions {
    std::vector<double> start_lr;  // one per parameter group
    std::vector<double> end_lr;
    std::int64_t num_iter = 0;  // points
    double beta = 0.0;
    double divergence_factor = 0.0;
    std::string step_mode = "exp";
    std::int64_t batches_per_lr = 1;  // updates per point
    std::string align = "used";
    std::int64_t min_iter = 0;
};

/// A learning-rate range test: gives the lrs of the next update, takes the loss of that update, and
/// stops at the end or when the smoothed loss diverges.
///
/// A point is an lr with the mean loss of batches_per_lr updates: of those that used the lr (align
/// "used"), or of those one later (align "effect"), as the loss of an update is taken before it
/// changes the weights. One more update with the last lr then closes the last point.
class RangeTest {
  public:
    struct State {
        std::vector<std::vector<double>> lrs;  // of each update: one per group
        std::vector<double> losses;
        std::optional<std::vector<double>> training_losses;
        std::optional<std::vector<double>> metrics;
        std::optional<StopReason> stop_reason;
    };

    explicit RangeTest(const RangeTestOptions& options);

    /// The lrs of the next update, one per group. std::logic_error when the test has stopped.
    std::vector<double> group_lrs() const;
    double lr() const { return group_lrs().front(); }

    /// Takes the loss that decides about divergence, and optional measurements that are given for
    /// every update or for none.
    Verdict record(double loss, std::optional<double> training_loss = std::nullopt,
                   std::optional<double> metric = std::nullopt);
    /// Ends the test from outside: data_exhausted, interrupted, or nonfinite where gradients never
    /// become finite. A point that has begun becomes the mean of its updates so far. A test that
    /// has already stopped keeps its reason.
    void stop(StopReason reason);

    std::int64_t num_iter() const { return sweep_.num_points(); }
    std::size_t num_groups() const { return sweep_.num_groups(); }
    std::int64_t num_updates() const { return num_iter() * batches_per_lr_ + lead_; }
    std::int64_t updates_done() const { return recorder_.num_updates(); }
    std::optional<StopReason> stop_reason() const { return stop_reason_; }

    /// The lrs of each point so far, one per group.
    std::vector<std::vector<double>> recorded_group_lrs() const;
    const LossRecorder& recorder() const { return recorder_; }
    const std::vector<double>& smoothed_losses() const { return smoothed_losses_; }

    State state() const;
    /// Replays the recorded updates; throws std::invalid_argument if they do not fit this test.
    void restore(const State& state);

  private:
    std::vector<double> lrs_of_update(std::int64_t update) const;
    void check_running() const;
    Verdict judge(double loss);
    Verdict complete_point();
    void replay(const State& state);
    void replay_update(const State& state, std::size_t update);

    LrSweep sweep_;
    std::int64_t batches_per_lr_;
    std::int64_t lead_;  // updates whose loss belongs to no point: 1 with align "effect"
    std::int64_t min_iter_;
    Ema ema_;
    DivergenceDetector detector_;
    LossRecorder recorder_;
    std::vector<double> smoothed_losses_;
    std::optional<StopReason> stop_reason_;
};

}  // namespace lrcore
