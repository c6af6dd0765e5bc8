#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr * t / warmup_steps, then base_lr * sqrt(timescale / (timescale + t -
/// warmup_steps))
class InverseSqrt {
  public:
    InverseSqrt(double base_lr, std::int64_t timescale, std::int64_t warmup_steps)
        : base_lr_(positive("base_lr", base_lr)),
          timescale_(at_least(1, "timescale", timescale)),
          warmup_steps_(at_least(0, "warmup_steps", warmup_steps)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) < warmup_steps_) {
            return base_lr_ * (static_cast<double>(step) / static_cast<double>(warmup_steps_));
        }
        // Unsigned, because the sum may not fit an int64.
        const auto elapsed = static_cast<std::uint64_t>(timescale_) +
                             static_cast<std::uint64_t>(step - warmup_steps_);
        return base_lr_ * std::sqrt(static_cast<double>(timescale_) / static_cast<double>(elapsed));
    }

    auto fields() const { return std::make_tuple(base_lr_, timescale_, warmup_steps_); }

  private:
    double base_lr_;
    std::int64_t timescale_;
    std::int64_t warmup_steps_;
};

}  // namespace lrcore
