#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = min(max(base(t), min_lr), max_lr)
class Clip {
  public:
    Clip(AnySchedule base, double min_lr, std::optional<double> max_lr)
        : base_(std::move(base)), min_lr_(not_negative("min_lr", min_lr)), max_lr_(max_lr) {
        if (!max_lr) return;
        positive("max_lr", *max_lr);
        not_greater_than("min_lr", min_lr, "max_lr", *max_lr);
    }

    double operator()(std::int64_t step) const { return clip(base_(step)); }

    friend void fill(const Clip& clip, std::int64_t start, Span<double> out) {
        fill(clip.base_, start, out);
        for (double& lr : out) lr = clip.clip(lr);
    }

    auto fields() const { return std::make_tuple(base_, min_lr_, max_lr_); }

  private:
    double clip(double lr) const {
        return std::clamp(lr, min_lr_, max_lr_.value_or(std::numeric_limits<double>::max()));
    }

    AnySchedule base_;
    double min_lr_;
    std::optional<double> max_lr_;
};

}  // namespace lrcore
