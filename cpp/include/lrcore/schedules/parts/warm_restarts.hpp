#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// Cycles that are each period_mult times as long as the one before. With a real multiplier
/// restarts fall between steps; with a whole one every restart is exactly at a step.
class WarmRestarts {
  public:
    /// The cycle that a step is in.
    struct Place {
        double cycle;       // its number, from 0
        DoubleDouble left;  // steps of it still to come: all of them at its start
        DoubleDouble period;
    };

    WarmRestarts(std::int64_t first_period, double period_mult)
        : first_period_(at_least(1, "first_period", first_period)),
          period_mult_(require(
              period_mult == 1.0 || (period_mult >= least_mult && period_mult <= greatest_mult),
              "period_mult", "be 1, or from 1.001 to 1e6", period_mult)) {
        if (period_mult_ > 1.0) list_cycles();
    }

    Place operator()(std::int64_t step) const {
        return period_mult_ == 1.0 ? among_equals(step) : among_longer(step);
    }

    std::int64_t first_period() const { return first_period_; }
    double period_mult() const { return period_mult_; }

  private:
    // A smaller multiplier would need a list of more than 37,000 cycles to reach the last int64.
    static constexpr double least_mult = 1.001;
    static constexpr double greatest_mult = 1e6;

    struct Cycle {
        DoubleDouble end;
        DoubleDouble period;
    };

    Place among_equals(std::int64_t step) const {
        const std::int64_t left = first_period_ - step % first_period_;
        return {static_cast<double>(step / first_period_), double_double(left),
                double_double(first_period_)};
    }

    Place among_longer(std::int64_t step) const {
        const DoubleDouble at = double_double(step);
        const auto is_over = [&](const Cycle& cycle) { return (cycle.end - at).high <= 0.0; };
        const auto cycle = std::partition_point(cycles_.begin(), cycles_.end() - 1, is_over);
        const DoubleDouble left = cycle->end - at;
        return {static_cast<double>(cycle - cycles_.begin()),
                left.high < cycle->period.high ? left : cycle->period, cycle->period};
    }

    /// Lists cycles until their end is beyond the largest int64.
    void list_cycles() {
        constexpr double beyond = 0x1p64;
        DoubleDouble period = double_double(first_period_);
        DoubleDouble end = period;
        cycles_.push_back({end, period});
        while (end.high < beyond) {
            period = period * period_mult_;
            end = end + period;
            cycles_.push_back({end, period});
        }
    }

    std::int64_t first_period_;
    double period_mult_;
    std::vector<Cycle> cycles_;  // empty if all are equal
};

}  // namespace lrcore
