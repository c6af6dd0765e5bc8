#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/interpolate.hpp"
#include "lrcore/schedule.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * sin^2(pi/2 * (decay_steps - t) / decay_steps), then min_lr
class Cosine {
  public:
    Cosine(double base_lr, std::int64_t decay_steps, double min_lr)
        : base_lr_(positive("base_lr", base_lr)),
          decay_steps_(count_of_at_least(1, "decay_steps", decay_steps)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) >= decay_steps_) return min_lr_;
        // sin^2 of what is left, not (1 + cos) / 2, which loses all its digits near the end.
        const double left =
            static_cast<double>(decay_steps_ - step) / static_cast<double>(decay_steps_);
        const double sine = std::sin(half_pi * left);
        return interpolate(min_lr_, base_lr_, sine * sine);
    }

    auto fields() const { return std::make_tuple(base_lr_, decay_steps_, min_lr_); }

  private:
    static constexpr double half_pi = 1.57079632679489661923;

    double base_lr_;
    std::int64_t decay_steps_;
    double min_lr_;
};

}  // namespace lrcore
