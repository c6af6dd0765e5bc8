#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/parts/breakpoints.hpp"

namespace lrcore {

/// lr(t) on straight lines from each (milestone, lr) to the next, flat before and after
class PiecewiseLinear {
  public:
    PiecewiseLinear(std::vector<std::int64_t> milestones, std::vector<double> lrs)
        : breakpoints_(std::move(milestones), std::move(lrs)) {}

    double operator()(std::int64_t step) const {
        return breakpoints_.at(step,
                               [](double from, double left, double to, double done, double whole) {
                                   return weighted_mean(from, left / whole, to, done / whole);
                               });
    }

    auto fields() const { return std::make_tuple(breakpoints_.milestones(), breakpoints_.lrs()); }

  private:
    Breakpoints breakpoints_;
};

}  // namespace lrcore
