#pragma once

#include <cstdint>
#include <tuple>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = start_lr + (end_lr - start_lr) * t / (total_steps - 1), held from the last step on
class Linear {
  public:
    Linear(double start_lr, double end_lr, std::int64_t total_steps)
        : start_lr_(not_negative("start_lr", start_lr)),
          end_lr_(not_negative("end_lr", end_lr)),
          total_steps_(at_least(2, "total_steps", total_steps)) {}

    double operator()(std::int64_t step) const {
        const std::int64_t last_step = total_steps_ - 1;
        if (check_step(step) == 0) return start_lr_;
        if (step >= last_step) return end_lr_;
        const auto whole = static_cast<double>(last_step);
        return weighted_mean(start_lr_, static_cast<double>(last_step - step) / whole, end_lr_,
                             static_cast<double>(step) / whole);
    }

    auto fields() const { return std::make_tuple(start_lr_, end_lr_, total_steps_); }

  private:
    double start_lr_;
    double end_lr_;
    std::int64_t total_steps_;
};

}  // namespace lrcore
