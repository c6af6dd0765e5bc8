#include "lrcore/monitors/divergence.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "lrcore/support/validate.hpp"

namespace lrcore {

DivergenceDetector::DivergenceDetector(double factor)
    : factor_(greater_than_one("factor", factor)) {}

Verdict DivergenceDetector::update(double loss) {
    if (!std::isfinite(loss)) return Verdict::nonfinite;
    if (!state_.first) state_.first = loss;
    state_.best = std::min(state_.best.value_or(loss), loss);
    return loss - *state_.best > (factor_ - 1.0) * scale() ? Verdict::diverged : Verdict::ok;
}

double DivergenceDetector::scale() const {
    const double best = *state_.best;
    return best > 0.0 ? best : std::max(-best, *state_.first - best);
}

void DivergenceDetector::restore(const State& state) {
    if (state.first.has_value() != state.best.has_value()) {
        throw std::invalid_argument("first and best must both be numbers or both be None");
    }
    if (state.best) {
        require(std::isfinite(*state.first), "first", "be a finite number", *state.first);
        require(std::isfinite(*state.best), "best", "be a finite number", *state.best);
        not_greater_than("best", *state.best, "first", *state.first);
    }
    state_ = state;
}

}  // namespace lrcore
