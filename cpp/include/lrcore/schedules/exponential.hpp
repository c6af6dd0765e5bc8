#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = start_lr * (end_lr / start_lr)^(t / (total_steps - 1)), held from the last step on
class Exponential {
  public:
    Exponential(double start_lr, double end_lr, std::int64_t total_steps)
        : start_lr_(positive("start_lr", start_lr)),
          end_lr_(positive("end_lr", end_lr)),
          total_steps_(at_least(2, "total_steps", total_steps)),
          ratio_(end_lr / start_lr),
          log_ratio_(std::log(ratio_)),
          ratio_error_(std::fma(-ratio_, start_lr, end_lr) / end_lr) {
        require(std::isnormal(ratio_), "end_lr",
                "be within a factor of 1e307 of start_lr=" + repr(start_lr), end_lr);
    }

    double operator()(std::int64_t step) const {
        const std::int64_t last_step = total_steps_ - 1;
        if (check_step(step) == 0) return start_lr_;
        if (step >= last_step) return end_lr_;
        const double lr =
            start_lr_ * power(static_cast<double>(step), static_cast<double>(last_step));
        return std::clamp(lr, std::min(start_lr_, end_lr_), std::max(start_lr_, end_lr_));
    }

    auto fields() const { return std::make_tuple(start_lr_, end_lr_, total_steps_); }

  private:
    // A power magnifies the rounding of its exponent by log(ratio), 14 for a sweep over six
    // decades. Adding back to first order what the two divisions lost keeps the result within 2
    // ulp.
    double power(double step, double last_step) const {
        const double exponent = step / last_step;
        const double exponent_error = std::fma(-exponent, last_step, step) / last_step;
        const double rounded = std::pow(ratio_, exponent);
        const double lost = log_ratio_ * exponent_error + exponent * ratio_error_;
        return rounded + rounded * lost;
    }

    double start_lr_;
    double end_lr_;
    std::int64_t total_steps_;
    double ratio_;
    double log_ratio_;
    double ratio_error_;  // relative to the ratio
};

}  // namespace lrcore
