#include "lrcore/plateau.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lrcore/validate.hpp"

namespace lrcore {

Plateau::Plateau(const std::string& mode, double factor, std::int64_t patience, double threshold,
                 const std::string& threshold_mode, std::int64_t cooldown)
    : mode_(parse_choice<PlateauMode>("mode", mode, plateau_modes)),
      factor_(require(factor > 0.0 && factor < 1.0, "factor", "be greater than 0 and less than 1",
                      factor)),
      patience_(count_of_at_least(0, "patience", patience)),
      threshold_(not_negative("threshold", threshold)),
      threshold_mode_(
          parse_choice<ThresholdMode>("threshold_mode", threshold_mode, threshold_modes)),
      cooldown_(count_of_at_least(0, "cooldown", cooldown)) {}

bool Plateau::update(double metric) {
    const bool better = is_better(metric);
    if (better) state_.best = metric;
    if (better || state_.cooldown_left > 0) {
        state_.num_bad = 0;
    } else {
        ++state_.num_bad;
    }
    if (state_.cooldown_left > 0) --state_.cooldown_left;
    if (state_.num_bad <= patience_) return false;
    state_.num_bad = 0;
    state_.cooldown_left = cooldown_;
    return true;
}

// Minimises metric or -metric. Every comparison with NaN is false: NaN is never better.
bool Plateau::is_better(double metric) const {
    const double sign = mode_ == PlateauMode::min ? 1.0 : -1.0;
    if (!state_.best) return sign * metric < std::numeric_limits<double>::infinity();
    const double margin =
        threshold_mode_ == ThresholdMode::rel ? threshold_ * std::abs(*state_.best) : threshold_;
    return sign * metric < sign * *state_.best - margin;
}

double Plateau::reduced(double lr, double min_lr) const {
    not_negative("lr", lr);
    not_negative("min_lr", min_lr);
    return std::min(lr, std::max(lr * factor_, min_lr));
}

void Plateau::restore(const State& state) {
    if (state.best) require(!std::isnan(*state.best), "best", "be a number", *state.best);
    count_of_at_least(0, "num_bad", state.num_bad);
    count_of_at_least(0, "cooldown_left", state.cooldown_left);
    state_ = state;
}

}  // namespace lrcore
