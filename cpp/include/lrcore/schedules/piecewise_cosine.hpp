#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/numerics/sine_squared.hpp"
#include "lrcore/schedules/parts/breakpoints.hpp"

namespace lrcore {

/// lr(t) on half cosine waves from each (milestone, lr) to the next, flat before and after
class PiecewiseCosine {
  public:
    PiecewiseCosine(std::vector<std::int64_t> milestones, std::vector<double> lrs)
        : breakpoints_(std::move(milestones), std::move(lrs)) {}

    double operator()(std::int64_t step) const {
        return breakpoints_.at(step, [](double from, double left, double to, double done,
                                        double whole) {
            return weighted_mean(from, sine_squared(left, whole), to, sine_squared(done, whole));
        });
    }

    auto fields() const { return std::make_tuple(breakpoints_.milestones(), breakpoints_.lrs()); }

  private:
    Breakpoints breakpoints_;
};

}  // namespace lrcore
