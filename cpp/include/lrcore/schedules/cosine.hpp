#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/ending.hpp"
#include "lrcore/interpolate.hpp"
#include "lrcore/one_minus_power.hpp"
#include "lrcore/schedule.hpp"
#include "lrcore/sine_squared.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * sin^2(pi/2 * (1 - (t / decay_steps)^k))^exponent to
/// t = decay_steps, and from then on what `end` says
class Cosine {
  public:
    Cosine(double base_lr, std::int64_t decay_steps, double min_lr, double exponent, double k,
           const std::string& end = "hold")
        : base_lr_(positive("base_lr", base_lr)),
          decay_steps_(count_of_at_least(1, "decay_steps", decay_steps)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)),
          exponent_(positive("exponent", exponent)),
          k_(positive("k", k)),
          ending_(decay_steps_, end) {}

    double operator()(std::int64_t step) const {
        if (ending_.refuses(check_step(step))) {
            require(false, "step", "not be greater than decay_steps=" + repr(decay_steps_), step);
        }
        return to_the_bottom(ending_.run_at(step).begin);
    }

    auto fields() const {
        return std::make_tuple(base_lr_, decay_steps_, min_lr_, exponent_, k_, ending_.name());
    }

  private:
    double to_the_bottom(std::int64_t step) const {
        if (step == decay_steps_) return min_lr_;
        const double height = half_wave(step);
        return interpolate(min_lr_, base_lr_,
                           exponent_ == 1.0 ? height : std::pow(height, exponent_));
    }

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
    Ending ending_;
};

}  // namespace lrcore
