#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lrcore/schedules/parts/curves.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

enum class Annealing { cos, linear };
inline constexpr std::array annealings{"cos", "linear"};

/// The three phases of a one-cycle schedule: up, back down, and on to the end. Without
/// `three_phase` the middle phase has no steps. The ends of the first two phases need not be whole
/// numbers.
class OneCyclePhases {
  public:
    /// The value at the start of each phase and at the end of the last.
    using Values = std::array<double, 4>;

    OneCyclePhases(std::int64_t total_steps, double pct_start, const std::string& anneal_strategy,
                   bool three_phase)
        : total_steps_(at_least(2, "total_steps", total_steps)),
          pct_start_(require(pct_start >= 0.0 && pct_start <= 1.0, "pct_start", "be from 0 to 1",
                             pct_start)),
          annealing_(parse_choice<Annealing>("anneal_strategy", anneal_strategy, annealings)),
          three_phase_(three_phase),
          phases_(phases()) {}

    double at(std::int64_t step, const Values& values) const {
        const std::int64_t t = std::min(check_step(step), total_steps_ - 1);
        const std::size_t phase = phase_at(t);
        const DoubleDouble done = phases_[phase].interval.done(static_cast<double>(t));
        const DoubleDouble left = phases_[phase].interval.left(static_cast<double>(t));
        return is_wave() ? wave(phase, values)(done, left) : line(phase, values)(done, left);
    }

    /// out[i] = at(start + i, values)
    void write(std::int64_t start, const Values& values, Span<double> out) const {
        if (total_steps_ > exact_steps) {
            for (double& value : out) value = at(start++, values);
            return;
        }
        while (out.size() > 0) {
            const std::size_t written = write_phase(start, values, out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    std::int64_t total_steps() const { return total_steps_; }
    double pct_start() const { return pct_start_; }
    std::string anneal_strategy() const { return annealings[static_cast<std::size_t>(annealing_)]; }
    bool three_phase() const { return three_phase_; }

  private:
    struct Phase {
        Interval interval;
        SineSquared wave;
    };
    using Phases = std::array<Phase, 3>;

    Phases phases() const {
        const DoubleDouble up = up_end();
        const DoubleDouble down{2.0 * up.high, 2.0 * up.low};
        const DoubleDouble down_end = three_phase_ ? down : up;
        return {phase({0.0, 0.0}, up), phase(up, down_end),
                phase(down_end, double_double(total_steps_ - 1))};
    }

    /// End of the rise. `high`, rounded as PyTorch rounds it, decides which steps come before;
    /// `low` is the rounding error.
    DoubleDouble up_end() const {
        const double rounded = pct_start_ * static_cast<double>(total_steps_) - 1.0;
        const DoubleDouble exact =
            double_double(total_steps_) * pct_start_ - DoubleDouble{1.0, 0.0};
        return {rounded, (exact - DoubleDouble{rounded, 0.0}).high};
    }

    static Phase phase(DoubleDouble begin, DoubleDouble end) {
        return {{begin, end}, SineSquared(end - begin)};
    }

    std::size_t phase_at(std::int64_t step) const {
        const auto holds_step = [&](const Phase& phase) {
            const bool has_steps = phase.interval.end.high > phase.interval.begin.high;
            return has_steps && static_cast<double>(step) <= phase.interval.end.high;
        };
        const auto found = std::find_if(phases_.begin(), phases_.end() - 1, holds_step);
        return static_cast<std::size_t>(found - phases_.begin());
    }

    /// Writes from `start` to the end of its phase; returns the number of steps written.
    std::size_t write_phase(std::int64_t start, const Values& values, Span<double> out) const {
        if (start >= total_steps_) {
            std::fill(out.begin(), out.end(), at(start, values));
            return out.size();
        }
        const std::size_t phase = phase_at(start);
        const Interval& interval = phases_[phase].interval;
        const std::int64_t end =
            std::min(static_cast<std::int64_t>(interval.end.high), total_steps_ - 1);
        out = out.subspan(0, std::min(out.size(), static_cast<std::size_t>(end - start) + 1));
        const auto first = static_cast<double>(start);
        if (is_wave()) {
            lrcore::write(wave(phase, values), interval, first, out);
        } else {
            lrcore::write(line(phase, values), interval, first, out);
        }
        return out.size();
    }

    bool is_wave() const { return annealing_ == Annealing::cos; }

    CosineSegment wave(std::size_t phase, const Values& values) const {
        return {values[phase], values[phase + 1], phases_[phase].wave};
    }

    LineSegment line(std::size_t phase, const Values& values) const {
        return {values[phase], values[phase + 1], phases_[phase].interval.length()};
    }

    std::int64_t total_steps_;
    double pct_start_;
    Annealing annealing_;
    bool three_phase_;
    Phases phases_;
};

}  // namespace lrcore
