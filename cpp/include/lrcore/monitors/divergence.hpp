#pragma once

#include <optional>

namespace lrcore {

enum class Verdict { ok, diverged, nonfinite };

/// Judges a loss curve against its best so far: diverged when loss - best > (factor - 1) * scale.
///
/// The scale is the best loss if that is positive (then the rule is loss > factor * best), else the
/// larger of -best and first - best.
class DivergenceDetector {
  public:
    struct State {
        std::optional<double> first;
        std::optional<double> best;
    };

    explicit DivergenceDetector(double factor);

    /// NaN and infinity are nonfinite at once and do not change the detector.
    Verdict update(double loss);

    double factor() const { return factor_; }
    std::optional<double> best() const { return state_.best; }

    const State& state() const { return state_; }
    void restore(const State& state);

  private:
    double scale() const;

    double factor_;
    State state_;
};

}  // namespace lrcore
