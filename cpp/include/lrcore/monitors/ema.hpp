#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lrcore/support/span.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// Bias-corrected exponential moving average: m = beta * m + (1 - beta) * x, seen as m / (1 -
/// beta^t).
class Ema {
  public:
    struct State {
        double mean = 0.0;
        std::int64_t count = 0;
    };

    explicit Ema(double beta) : beta_(fraction("beta", beta)) {}

    double update(double x) {
        state_.mean = beta_ * state_.mean + (1.0 - beta_) * x;
        ++state_.count;
        return corrected();
    }

    std::optional<double> value() const {
        return state_.count == 0 ? std::nullopt : std::optional(corrected());
    }

    double beta() const { return beta_; }
    std::int64_t count() const { return state_.count; }

    const State& state() const { return state_; }
    void restore(const State& state) {
        at_least(0, "count", state.count);
        state_ = state;
    }

  private:
    double corrected() const {
        return state_.mean / (1.0 - std::pow(beta_, static_cast<double>(state_.count)));
    }

    double beta_;
    State state_;
};

/// out[i] = the average after values[0..i].
inline void smooth(Span<const double> values, double beta, Span<double> out) {
    Ema ema(beta);
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = ema.update(values[i]);
}

}  // namespace lrcore
