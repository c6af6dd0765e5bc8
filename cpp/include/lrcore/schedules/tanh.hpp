#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * (1 - tanh(lower + (upper - lower) * t / decay_steps)) / 2,
/// then min_lr
class Tanh {
  public:
    Tanh(double base_lr, std::int64_t decay_steps, double lower, double upper, double min_lr)
        : base_lr_(positive("base_lr", base_lr)),
          decay_steps_(at_least(1, "decay_steps", decay_steps)),
          lower_(bound("lower", lower)),
          upper_(greater_than("upper", bound("upper", upper), "lower", lower)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) >= decay_steps_) return min_lr_;
        const DoubleDouble at = argument(step);
        // (1 - tanh(x)) / 2 = 1 / (1 + exp(2x)), which does not cancel.
        const double exponential = std::exp(2.0 * at.high);
        const double corrected = exponential + exponential * (2.0 * at.low);
        return interpolate(min_lr_, base_lr_, 1.0 / (1.0 + corrected));
    }

    auto fields() const { return std::make_tuple(base_lr_, decay_steps_, lower_, upper_, min_lr_); }

  private:
    // Beyond 20 the tanh is 1 in float64; beyond 350 the exponential would overflow.
    static double bound(const char* name, double value) {
        return require(value >= -300.0 && value <= 300.0, name, "be from -300 to 300", value);
    }

    /// Position of the step in [lower, upper] in double-double, because the exponential magnifies
    /// its rounding error.
    DoubleDouble argument(std::int64_t step) const {
        const auto steps = static_cast<double>(decay_steps_);
        const DoubleDouble from =
            DoubleDouble{lower_, 0.0} * static_cast<double>(decay_steps_ - step);
        const DoubleDouble to = DoubleDouble{upper_, 0.0} * static_cast<double>(step);
        const DoubleDouble sum = from + to;
        const double quotient = sum.high / steps;
        return {quotient, (std::fma(-quotient, steps, sum.high) + sum.low) / steps};
    }

    double base_lr_;
    std::int64_t decay_steps_;
    double lower_;
    double upper_;
    double min_lr_;
};

}  // namespace lrcore
