#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/schedules/parts/one_cycle_phases.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// Down from max_momentum to base_momentum while the learning rate of a OneCycle rises, then up to
/// max_momentum again; with three phases as slowly as down, and it stays there.
class OneCycleMomentum {
  public:
    OneCycleMomentum(double base_momentum, double max_momentum, std::int64_t total_steps,
                     double pct_start, const std::string& anneal_strategy, bool three_phase)
        : max_momentum_(fraction("max_momentum", max_momentum)),
          base_momentum_(not_greater_than("base_momentum", fraction("base_momentum", base_momentum),
                                          "max_momentum", max_momentum)),
          phases_(total_steps, pct_start, anneal_strategy, three_phase),
          momenta_{max_momentum, base_momentum, three_phase ? max_momentum : base_momentum,
                   max_momentum} {}

    double operator()(std::int64_t step) const { return phases_.at(step, momenta_); }

    friend void fill(const OneCycleMomentum& momentum, std::int64_t start, Span<double> out) {
        momentum.phases_.write(start, momentum.momenta_, out);
    }

    auto fields() const {
        return std::make_tuple(base_momentum_, max_momentum_, phases_.total_steps(),
                               phases_.pct_start(), phases_.anneal_strategy(),
                               phases_.three_phase());
    }

  private:
    double max_momentum_;
    double base_momentum_;
    OneCyclePhases phases_;
    OneCyclePhases::Values momenta_;
};

}  // namespace lrcore
