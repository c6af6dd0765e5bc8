#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/interpolate.hpp"
#include "lrcore/one_minus_power.hpp"
#include "lrcore/schedule.hpp"
#include "lrcore/sine_squared.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * sin^2(pi/2 * (1 - (t / decay_steps)^k))^exponent, then
/// min_lr
class Cosine {
  public:
    Cosine(double base_lr, std::int64_t decay_steps, double min_lr, double exponent, double k)
        : base_lr_(positive("base_lr", base_lr)),
          decay_steps_(count_of_at_least(1, "decay_steps", decay_steps)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)),
          exponent_(positive("exponent", exponent)),
          k_(positive("k", k)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) >= decay_steps_) return min_lr_;
        const double height = half_wave(step);
        return interpolate(min_lr_, base_lr_,
                           exponent_ == 1.0 ? height : std::pow(height, exponent_));
    }

    auto fields() const { return std::make_tuple(base_lr_, decay_steps_, min_lr_, exponent_, k_); }

  private:
    double half_wave(std::int64_t step) const {
        if (k_ != 1.0) return sine_squared(one_minus_power(step, decay_steps_, k_), 1.0);
        return sine_squared(static_cast<double>(decay_steps_ - step),
                            static_cast<double>(decay_steps_));
    }

    double base_lr_;
    std::int64_t decay_steps_;
    double min_lr_;
    double exponent_;
    double k_;
};

}  // namespace lrcore
