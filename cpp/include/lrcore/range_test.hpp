#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "lrcore/divergence.hpp"
#include "lrcore/ema.hpp"
#include "lrcore/schedules/exponential.hpp"

namespace lrcore {

enum class StopReason { finished, diverged, nonfinite, data_exhausted, interrupted };
inline constexpr std::array stop_reasons{"finished", "diverged", "nonfinite", "data_exhausted",
                                         "interrupted"};

/// Controls a learning-rate range test: says which lr the next update must use, takes the loss of
/// that update, and stops after num_iter updates or when the smoothed loss diverges.
class RangeTest {
  public:
    struct State {
        std::vector<double> lrs;
        std::vector<double> losses;
        std::optional<StopReason> stop_reason;
    };

    RangeTest(double start_lr, double end_lr, std::int64_t num_iter, double beta,
              double divergence_factor);

    /// The lr of the next update. std::logic_error when the test has stopped.
    double lr() const;
    Verdict record(double loss);
    /// Ends the test from outside: data_exhausted or interrupted. A test that has stopped keeps its
    /// reason.
    void stop(StopReason reason);

    std::int64_t num_iter() const { return num_iter_; }
    std::optional<StopReason> stop_reason() const { return state_.stop_reason; }
    const std::vector<double>& lrs() const { return state_.lrs; }
    const std::vector<double>& losses() const { return state_.losses; }
    const std::vector<double>& smoothed_losses() const { return smoothed_losses_; }

    const State& state() const { return state_; }
    /// Replays the recorded losses; std::invalid_argument if they are not those of such a test.
    void restore(const State& state);

  private:
    Verdict judge(double loss);
    void replay(const State& state);

    Exponential schedule_;
    std::int64_t num_iter_;
    Ema ema_;
    DivergenceDetector detector_;
    State state_;
    std::vector<double> smoothed_losses_;
};

}  // namespace lrcore
