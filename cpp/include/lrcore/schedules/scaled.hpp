#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = factor * base(t), the largest float64 where that overflows
class Scaled {
  public:
    Scaled(AnySchedule base, double factor)
        : base_(std::move(base)), factor_(positive("factor", factor)) {}

    double operator()(std::int64_t step) const { return scale(base_(step)); }

    friend void fill(const Scaled& scaled, std::int64_t start, Span<double> out) {
        fill(scaled.base_, start, out);
        for (double& lr : out) lr = scaled.scale(lr);
    }

    auto fields() const { return std::make_tuple(base_, factor_); }

  private:
    double scale(double lr) const {
        return std::min(factor_ * lr, std::numeric_limits<double>::max());
    }

    AnySchedule base_;
    double factor_;
};

}  // namespace lrcore
