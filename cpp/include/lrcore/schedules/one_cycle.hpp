#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/schedules/parts/one_cycle_phases.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// Up from max_lr / div_factor to max_lr, then down to the final lr, which is final_div_factor
/// times less than the first; with three phases first down to the first lr as slowly as up.
class OneCycle {
  public:
    OneCycle(double max_lr, std::int64_t total_steps, double pct_start,
             const std::string& anneal_strategy, double div_factor, double final_div_factor,
             bool three_phase)
        : max_lr_(positive("max_lr", max_lr)),
          phases_(total_steps, pct_start, anneal_strategy, three_phase),
          div_factor_(positive("div_factor", div_factor)),
          final_div_factor_(positive("final_div_factor", final_div_factor)),
          lrs_(lrs()) {}

    double operator()(std::int64_t step) const { return phases_.at(step, lrs_); }

    friend void fill(const OneCycle& one_cycle, std::int64_t start, Span<double> out) {
        one_cycle.phases_.write(start, one_cycle.lrs_, out);
    }

    auto fields() const {
        return std::make_tuple(max_lr_, phases_.total_steps(), phases_.pct_start(),
                               phases_.anneal_strategy(), div_factor_, final_div_factor_,
                               phases_.three_phase());
    }

  private:
    OneCyclePhases::Values lrs() const {
        const double first_lr = quotient(max_lr_, "div_factor", div_factor_);
        const double final_lr = quotient(first_lr, "final_div_factor", final_div_factor_);
        return {first_lr, max_lr_, phases_.three_phase() ? first_lr : max_lr_, final_lr};
    }

    static double quotient(double lr, const char* name, double divisor) {
        require(std::isfinite(lr / divisor), name, "leave the learning rates finite", divisor);
        return lr / divisor;
    }

    double max_lr_;
    OneCyclePhases phases_;
    double div_factor_;
    double final_div_factor_;
    OneCyclePhases::Values lrs_;
};

}  // namespace lrcore
