#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/parts/decay_shape.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// Up a line from warmup_start_lr to base_lr, level for stable_steps, down to min_lr
class WarmupStableDecay {
  public:
    WarmupStableDecay(double base_lr, std::int64_t warmup_steps, std::int64_t stable_steps,
                      std::int64_t decay_steps, double min_lr, const std::string& decay,
                      double decay_power, double decay_ratio, double warmup_start_lr)
        : base_lr_(positive("base_lr", base_lr)),
          warmup_steps_(at_least(0, "warmup_steps", warmup_steps)),
          stable_steps_(at_least(0, "stable_steps", stable_steps)),
          min_lr_(lower_lr("min_lr", min_lr, base_lr)),
          decay_(decay_steps, decay, decay_power, decay_ratio),
          warmup_start_lr_(lower_lr("warmup_start_lr", warmup_start_lr, base_lr)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) < warmup_steps_) return warmup(step);
        // Compared phase by phase, because the sum of the lengths may not fit an int64.
        const std::int64_t after_warmup = step - warmup_steps_;
        if (after_warmup <= stable_steps_) return base_lr_;
        const std::int64_t decayed = after_warmup - stable_steps_;
        if (decayed >= decay_.steps()) return min_lr_;
        return interpolate(min_lr_, base_lr_, decay_(decayed));
    }

    auto fields() const {
        return std::make_tuple(base_lr_, warmup_steps_, stable_steps_, decay_.steps(), min_lr_,
                               decay_.shape(), decay_.power(), decay_.ratio(), warmup_start_lr_);
    }

  private:
    static double lower_lr(const char* name, double lr, double base_lr) {
        return not_greater_than(name, not_negative(name, lr), "base_lr", base_lr);
    }

    double warmup(std::int64_t step) const {
        return interpolate(warmup_start_lr_, base_lr_,
                           static_cast<double>(step) / static_cast<double>(warmup_steps_));
    }

    double base_lr_;
    std::int64_t warmup_steps_;
    std::int64_t stable_steps_;
    double min_lr_;
    Decay decay_;
    double warmup_start_lr_;
};

}  // namespace lrcore
