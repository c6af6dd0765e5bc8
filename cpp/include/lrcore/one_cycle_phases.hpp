#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lrcore/interpolate.hpp"
#include "lrcore/schedule.hpp"

namespace lrcore {

enum class Annealing { cos, linear };
inline constexpr std::array annealings{"cos", "linear"};

/// The three phases of a one-cycle: up, down to where a third phase starts, and on to the end.
/// Without a third phase the second has no steps. The ends of the first two need not be whole
/// numbers.
class OneCyclePhases {
  public:
    /// What a quantity is at the begin of each phase and at the end of the last.
    using Values = std::array<double, 4>;

    OneCyclePhases(std::int64_t total_steps, double pct_start, const std::string& anneal_strategy,
                   bool three_phase)
        : total_steps_(count_of_at_least(2, "total_steps", total_steps)),
          pct_start_(require(pct_start >= 0.0 && pct_start <= 1.0, "pct_start", "be from 0 to 1",
                             pct_start)),
          annealing_(parse_choice<Annealing>("anneal_strategy", anneal_strategy, annealings)),
          three_phase_(three_phase),
          joints_(joints()) {}

    double at(std::int64_t step, const Values& values) const {
        const auto t = static_cast<double>(std::min(check_step(step), total_steps_ - 1));
        for (const std::size_t phase : {0U, 1U}) {
            const bool has_steps = joints_[phase + 1] > joints_[phase];
            if (has_steps && t <= joints_[phase + 1]) return anneal(phase, t, values);
        }
        return anneal(2, t, values);
    }

    std::int64_t total_steps() const { return total_steps_; }
    double pct_start() const { return pct_start_; }
    std::string anneal_strategy() const { return annealings[static_cast<std::size_t>(annealing_)]; }
    bool three_phase() const { return three_phase_; }

  private:
    std::array<double, 4> joints() const {
        const double up_end = pct_start_ * static_cast<double>(total_steps_) - 1.0;
        const double down_end = three_phase_ ? 2.0 * up_end : up_end;
        return {0.0, up_end, down_end, static_cast<double>(total_steps_ - 1)};
    }

    double anneal(std::size_t phase, double t, const Values& values) const {
        const double begin = joints_[phase];
        const double end = joints_[phase + 1];
        return weighted_mean(values[phase], weight((end - t) / (end - begin)), values[phase + 1],
                             weight((t - begin) / (end - begin)));
    }

    /// The weight of one end of a phase: 1 there and 0 at the other end.
    double weight(double nearness) const {
        if (annealing_ == Annealing::linear) return nearness;
        // sin^2, not (1 + cos) / 2, which loses all its digits near 0.
        const double sine = std::sin(half_pi * nearness);
        return sine * sine;
    }

    static constexpr double half_pi = 1.57079632679489661923;

    std::int64_t total_steps_;
    double pct_start_;
    Annealing annealing_;
    bool three_phase_;
    std::array<double, 4> joints_;
};

}  // namespace lrcore
