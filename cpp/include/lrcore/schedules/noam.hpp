#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = factor / sqrt(model_size) * min(1 / sqrt(s), s / warmup_steps^1.5), s = t + 1
class Noam {
  public:
    Noam(std::int64_t model_size, std::int64_t warmup_steps, double factor)
        : model_size_(at_least(1, "model_size", model_size)),
          warmup_steps_(at_least(1, "warmup_steps", warmup_steps)),
          factor_(positive("factor", factor)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) >= warmup_steps_) return after(static_cast<double>(step) + 1.0);
        const auto warmup_steps = static_cast<double>(warmup_steps_);
        return after(warmup_steps) * (static_cast<double>(step + 1) / warmup_steps);
    }

    auto fields() const { return std::make_tuple(model_size_, warmup_steps_, factor_); }

  private:
    double after(double steps) const {
        return factor_ / std::sqrt(static_cast<double>(model_size_) * steps);
    }

    std::int64_t model_size_;
    std::int64_t warmup_steps_;
    double factor_;
};

}  // namespace lrcore
