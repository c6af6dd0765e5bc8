#include "lrcore/monitors/plateau.hpp"

#include <algorithm>
#include <cmath>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

void check(const Plateau::Lr& lr) {
    not_negative("lr", lr.lr);
    not_negative("min_lr", lr.min_lr);
    not_negative("eps", lr.eps);
}

}  // namespace

Plateau::Plateau(const std::string& mode, double factor, std::int64_t patience, double threshold,
                 const std::string& threshold_mode, std::int64_t cooldown,
                 const std::string& compat, const std::string& nan)
    : mode_(parse_choice<PlateauMode>("mode", mode, plateau_modes)),
      factor_(require(factor > 0.0 && factor < 1.0, "factor", "be greater than 0 and less than 1",
                      factor)),
      compat_(parse_choice<PlateauCompat>("compat", compat, plateau_compats)),
      nan_(parse_choice<NanPolicy>("nan", nan, nan_policies)),
      patience_(at_least(0, "patience", patience)),
      threshold_(not_negative("threshold", threshold)),
      threshold_mode_(
          parse_choice<ThresholdMode>("threshold_mode", threshold_mode, threshold_modes)),
      cooldown_(at_least(0, "cooldown", cooldown)) {
    if (compat_ == PlateauCompat::torch) return;
    patience_ = std::max<std::int64_t>(patience_ - 1, 0);
    cooldown_ = std::max<std::int64_t>(cooldown_ - 1, 0);
}

std::optional<Plateau::Reduction> Plateau::update(double metric, const std::vector<Lr>& lrs) {
    std::for_each(lrs.begin(), lrs.end(), check);
    const bool finite = std::isfinite(metric);
    require(finite || nan_ != NanPolicy::raise, "metric", "be a finite number", metric);
    ++state_.step;
    if (!finite && nan_ == NanPolicy::ignore) return std::nullopt;
    count(metric);
    return state_.num_bad > patience_ ? reduce(lrs) : std::nullopt;
}

void Plateau::count(double metric) {
    const bool better = is_better(metric);
    if (better) state_.best = metric;
    if (better || state_.cooldown_left > 0) {
        state_.num_bad = 0;
    } else {
        ++state_.num_bad;
    }
    if (state_.cooldown_left > 0) --state_.cooldown_left;
}

// Minimises metric or -metric. The bound is rounded as torch's is: best * (1 - threshold).
bool Plateau::is_better(double metric) const {
    if (!std::isfinite(metric)) return false;
    if (!state_.best) return true;
    const double sign = mode_ == PlateauMode::min ? 1.0 : -1.0;
    const double best = *state_.best;
    const double bound = threshold_mode_ == ThresholdMode::rel
                             ? best * (1.0 - sign * std::copysign(threshold_, best))
                             : best - sign * threshold_;
    return sign * metric < sign * bound;
}

// If no lr can be reduced, torch still resets its count; Keras waits for a higher lr.
std::optional<Plateau::Reduction> Plateau::reduce(const std::vector<Lr>& lrs) {
    Reduction reduction{state_.step - 1, state_.num_bad, {}};
    bool fell = false;
    for (const Lr& lr : lrs) {
        reduction.lrs.push_back(reduced(lr));
        fell = fell || reduction.lrs.back() < lr.lr;
    }
    if (fell || compat_ == PlateauCompat::torch) {
        state_.num_bad = 0;
        state_.cooldown_left = cooldown_;
    }
    return fell ? std::optional(reduction) : std::nullopt;
}

double Plateau::reduced(const Lr& lr) const {
    const double lower = std::max(lr.lr * factor_, lr.min_lr);
    return lr.lr - lower > lr.eps ? lower : lr.lr;
}

void Plateau::restore(const State& state) {
    if (state.best) require(std::isfinite(*state.best), "best", "be a finite number", *state.best);
    at_least(0, "num_bad", state.num_bad);
    at_least(0, "cooldown_left", state.cooldown_left);
    at_least(0, "step", state.step);
    state_ = state;
}

}  // namespace lrcore
