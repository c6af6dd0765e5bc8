#pragma once

#include <cstdint>
#include <tuple>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr / (1 + decay_rate * q), q = t / decay_steps, rounded down if staircase
class InverseTime {
  public:
    InverseTime(double base_lr, double decay_rate, std::int64_t decay_steps, bool staircase)
        : base_lr_(positive("base_lr", base_lr)),
          decay_rate_(not_negative("decay_rate", decay_rate)),
          decay_steps_(at_least(1, "decay_steps", decay_steps)),
          staircase_(staircase) {}

    double operator()(std::int64_t step) const {
        check_step(step);
        const double quotient = staircase_
                                    ? static_cast<double>(step / decay_steps_)
                                    : static_cast<double>(step) / static_cast<double>(decay_steps_);
        return base_lr_ / (1.0 + decay_rate_ * quotient);
    }

    auto fields() const { return std::make_tuple(base_lr_, decay_rate_, decay_steps_, staircase_); }

  private:
    double base_lr_;
    double decay_rate_;
    std::int64_t decay_steps_;
    bool staircase_;
};

}  // namespace lrcore
