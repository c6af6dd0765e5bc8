#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/any_schedule.hpp"
#include "lrcore/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"

namespace lrcore {

enum class End { hold, repeat, mirror, raise };
inline constexpr std::array ends{"hold", "repeat", "mirror", "raise"};

/// lr(t) = base(t) for t < total_steps, and from then on what `end` says
class Until {
  public:
    Until(AnySchedule base, std::int64_t total_steps, const std::string& end)
        : base_(std::move(base)),
          total_steps_(count_of_at_least(1, "total_steps", total_steps)),
          end_(parse_choice<End>("end", end, ends)) {
        check_whole_warmup(base_, 0, "total_steps", total_steps_);
    }

    double operator()(std::int64_t step) const {
        const Run run = run_at(check_step(step));
        return base_(run.begin);
    }

    friend void fill(const Until& until, std::int64_t start, Span<double> out) {
        while (out.size() > 0) {
            const std::size_t written = until.write(until.run_at(start), out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    auto fields() const {
        return std::make_tuple(base_, total_steps_,
                               std::string(ends[static_cast<std::size_t>(end_)]));
    }

  private:
    enum class Direction { forwards, backwards, still };

    /// Steps of the base that follow each other: `size` from `begin` on.
    struct Run {
        std::int64_t begin;
        std::int64_t size;
        Direction direction;
    };

    Run run_at(std::int64_t step) const {
        const std::int64_t last = total_steps_ - 1;
        if (step < total_steps_) return {step, total_steps_ - step, Direction::forwards};
        if (end_ == End::raise) {
            require(false, "step", "be less than total_steps=" + repr(total_steps_), step);
        }
        if (end_ == End::hold || last == 0) return {last, 0, Direction::still};
        if (end_ == End::mirror) return mirrored(step, last);
        return {step % total_steps_, total_steps_ - step % total_steps_, Direction::forwards};
    }

    /// Neither end comes twice in a row: 0, 1, ..., last, last - 1, ..., 0, 1, ...
    static Run mirrored(std::int64_t step, std::int64_t last) {
        const std::int64_t position = step % last;
        if (step / last % 2 == 0) return {position, last - position, Direction::forwards};
        return {last - position, last - position, Direction::backwards};
    }

    /// Writes the run, or as much of it as `out` holds, and says how many steps these are.
    std::size_t write(const Run& run, Span<double> out) const {
        if (run.direction == Direction::still) {
            std::fill(out.begin(), out.end(), base_(run.begin));
            return out.size();
        }
        const std::size_t size = std::min(out.size(), static_cast<std::size_t>(run.size));
        const Span<double> written = out.subspan(0, size);
        if (run.direction == Direction::forwards) {
            fill(base_, run.begin, written);
        } else {
            fill(base_, run.begin - static_cast<std::int64_t>(size) + 1, written);
            std::reverse(written.begin(), written.end());
        }
        return size;
    }

    AnySchedule base_;
    std::int64_t total_steps_;
    End end_;
};

}  // namespace lrcore
