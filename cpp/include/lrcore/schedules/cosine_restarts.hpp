#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/interpolate.hpp"
#include "lrcore/restarts.hpp"
#include "lrcore/schedule.hpp"
#include "lrcore/sine_squared.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * peak_decay^n * sin^2(pi/2 * left / period), n the cycle
/// of t, period its length and left the steps of it still to come
class CosineRestarts {
  public:
    CosineRestarts(double base_lr, std::int64_t first_period, double period_mult, double peak_decay,
                   double min_lr)
        : base_lr_(positive("base_lr", base_lr)),
          restarts_(first_period, period_mult),
          peak_decay_(require(peak_decay > 0.0 && peak_decay <= 1.0, "peak_decay",
                              "be greater than 0 and not greater than 1", peak_decay)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)) {}

    double operator()(std::int64_t step) const {
        const Restarts::Place place = restarts_(check_step(step));
        const double peak = std::pow(peak_decay_, place.cycle);
        return interpolate(min_lr_, base_lr_, peak * sine_squared(place.left, place.period));
    }

    auto fields() const {
        return std::make_tuple(base_lr_, restarts_.first_period(), restarts_.period_mult(),
                               peak_decay_, min_lr_);
    }

  private:
    double base_lr_;
    Restarts restarts_;
    double peak_decay_;
    double min_lr_;
};

}  // namespace lrcore
