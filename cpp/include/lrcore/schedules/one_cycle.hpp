#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/curves.hpp"
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
        const std::int64_t at = std::min(check_step(step), total_steps_ - 1);
        return value(phase_at(at), static_cast<double>(at));
    }

    friend void fill(const OneCycle& one_cycle, std::int64_t start, Span<double> out) {
        if (one_cycle.total_steps_ > exact_steps) {
            for (double& lr : out) lr = one_cycle(start++);
            return;
        }
        while (out.size() > 0) {
            const std::size_t written = one_cycle.write_phase(start, out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    auto fields() const {
        return std::make_tuple(max_lr_, total_steps_, pct_start_,
                               std::string(annealings[static_cast<std::size_t>(annealing_)]),
                               div_factor_, final_div_factor_, three_phase_);
    }

  private:
    static constexpr DoubleDouble one{1.0, 0.0};

    struct Phase {
        Stretch stretch;
        WaveBetween wave;
        LineBetween line;
    };
    using Phases = std::array<Phase, 3>;

    /// Up, down to where a third phase starts, and down to the end. The ends of the first two need
    /// not be whole numbers; their float64 decides which phase a step is in.
    Phases phases() const {
        const double first_lr = quotient(max_lr_, "div_factor", div_factor_);
        const double final_lr = quotient(first_lr, "final_div_factor", final_div_factor_);
        const double rounded_end = pct_start_ * static_cast<double>(total_steps_) - 1.0;
        const DoubleDouble exact_end = double_double(total_steps_) * pct_start_ - one;
        const DoubleDouble up_end{rounded_end, (exact_end - DoubleDouble{rounded_end, 0.0}).high};
        const double downs = three_phase_ ? 2.0 : 1.0;
        const DoubleDouble down_end{downs * up_end.high, downs * up_end.low};
        const double down_lr = three_phase_ ? first_lr : max_lr_;
        const DoubleDouble last_step = double_double(total_steps_ - 1);
        return {phase({{0.0, 0.0}, up_end}, first_lr, max_lr_),
                phase({up_end, down_end}, max_lr_, down_lr),
                phase({down_end, last_step}, down_lr, final_lr)};
    }

    static Phase phase(Stretch stretch, double from_lr, double to_lr) {
        const DoubleDouble length = stretch.length();
        return {stretch, WaveBetween(from_lr, to_lr, length), LineBetween(from_lr, to_lr, length)};
    }

    static double quotient(double lr, const char* name, double divisor) {
        require(std::isfinite(lr / divisor), name, "leave the learning rates finite", divisor);
        return lr / divisor;
    }

    const Phase& phase_at(std::int64_t step) const {
        const auto holds_step = [&](const Phase& phase) {
            const bool has_steps = phase.stretch.end.high > phase.stretch.begin.high;
            return has_steps && static_cast<double>(step) <= phase.stretch.end.high;
        };
        return *std::find_if(phases_.begin(), phases_.end() - 1, holds_step);
    }

    double value(const Phase& phase, double step) const {
        const DoubleDouble done = phase.stretch.done(step);
        const DoubleDouble left = phase.stretch.left(step);
        return annealing_ == Annealing::cos ? phase.wave(done, left) : phase.line(done, left);
    }

    /// Writes to the end of the phase that `start` is in, and says how many steps these are.
    std::size_t write_phase(std::int64_t start, Span<double> out) const {
        if (start >= total_steps_) {
            std::fill(out.begin(), out.end(), (*this)(start));
            return out.size();
        }
        const Phase& phase = phase_at(start);
        const std::int64_t end =
            std::min(static_cast<std::int64_t>(phase.stretch.end.high), total_steps_ - 1);
        out = out.subspan(0, std::min(out.size(), static_cast<std::size_t>(end - start) + 1));
        if (annealing_ == Annealing::cos) {
            write(phase.wave, phase.stretch, static_cast<double>(start), out);
        } else {
            write(phase.line, phase.stretch, static_cast<double>(start), out);
        }
        return out.size();
    }

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
