#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/interpolate.hpp"
#include "lrcore/schedule.hpp"

namespace lrcore {

enum class Annealing { cos, linear };
inline constexpr std::array annealings{"cos", "linear"};

/// Up from max_lr / div_factor to max_lr, then down to the final lr, which is final_div_factor
/// times less than the first; with three phases first down to the first lr as slowly as up.
class OneCycle {
  public:
    OneCycle(double max_lr, std::int64_t total_steps, double pct_start,
             const std::string& anneal_strategy, double div_factor, double final_div_factor,
             bool three_phase)
        : max_lr_(positive("max_lr", max_lr)),
          total_steps_(count_of_at_least(2, "total_steps", total_steps)),
          pct_start_(require(pct_start >= 0.0 && pct_start <= 1.0, "pct_start", "be from 0 to 1",
                             pct_start)),
          annealing_(parse_choice<Annealing>("anneal_strategy", anneal_strategy, annealings)),
          div_factor_(positive("div_factor", div_factor)),
          final_div_factor_(positive("final_div_factor", final_div_factor)),
          three_phase_(three_phase),
          phases_(phases()) {}

    double operator()(std::int64_t step) const {
        return at(static_cast<double>(std::min(check_step(step), total_steps_ - 1)));
    }

    auto fields() const {
        return std::make_tuple(max_lr_, total_steps_, pct_start_,
                               std::string(annealings[static_cast<std::size_t>(annealing_)]),
                               div_factor_, final_div_factor_, three_phase_);
    }

  private:
    struct Phase {
        double begin;
        double end;
        double from_lr;
        double to_lr;
    };
    using Phases = std::array<Phase, 3>;

    /// Up, down to where a third phase starts, and down to the end. The ends of the first two need
    /// not be whole numbers.
    Phases phases() const {
        const double first_lr = quotient(max_lr_, "div_factor", div_factor_);
        const double final_lr = quotient(first_lr, "final_div_factor", final_div_factor_);
        const double up_end = pct_start_ * static_cast<double>(total_steps_) - 1.0;
        const double down_end = three_phase_ ? 2.0 * up_end : up_end;
        const double down_lr = three_phase_ ? first_lr : max_lr_;
        const auto last_step = static_cast<double>(total_steps_ - 1);
        return {Phase{0.0, up_end, first_lr, max_lr_}, Phase{up_end, down_end, max_lr_, down_lr},
                Phase{down_end, last_step, down_lr, final_lr}};
    }

    static double quotient(double lr, const char* name, double divisor) {
        require(std::isfinite(lr / divisor), name, "leave the learning rates finite", divisor);
        return lr / divisor;
    }

    double at(double step) const {
        for (const Phase& phase : {phases_[0], phases_[1]}) {
            const bool has_steps = phase.end > phase.begin;
            if (has_steps && step <= phase.end) return anneal(phase, step);
        }
        return anneal(phases_[2], step);
    }

    double anneal(const Phase& phase, double step) const {
        const double length = phase.end - phase.begin;
        return weighted_mean(phase.from_lr, weight((phase.end - step) / length), phase.to_lr,
                             weight((step - phase.begin) / length));
    }

    /// The weight of one end of a phase: 1 there and 0 at the other end.
    double weight(double nearness) const {
        if (annealing_ == Annealing::linear) return nearness;
        // sin^2, not (1 + cos) / 2, which loses all its digits near 0.
        const double sine = std::sin(half_pi * nearness);
        return sine * sine;
    }

    static constexpr double half_pi = 1.57079632679489661923;

    double max_lr_;
    std::int64_t total_steps_;
    double pct_start_;
    Annealing annealing_;
    double div_factor_;
    double final_div_factor_;
    bool three_phase_;
    Phases phases_;
};

}  // namespace lrcore
