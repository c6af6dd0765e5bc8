#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/any_schedule.hpp"
#include "lrcore/ending.hpp"
#include "lrcore/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"

namespace lrcore {

/// lr(t) = base(t) for t < total_steps, and from then on what `end` says
class Until {
  public:
    Until(AnySchedule base, std::int64_t total_steps, const std::string& end)
        : base_(std::move(base)),
          total_steps_(count_of_at_least(1, "total_steps", total_steps)),
          ending_(total_steps_ - 1, end) {
        check_whole_warmup(base_, 0, "total_steps", total_steps_);
    }

    double operator()(std::int64_t step) const { return base_(run_at(check_step(step)).begin); }

    friend void fill(const Until& until, std::int64_t start, Span<double> out) {
        while (out.size() > 0) {
            const std::size_t written = until.write(until.run_at(start), out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    auto fields() const { return std::make_tuple(base_, total_steps_, ending_.name()); }

  private:
    Ending::Run run_at(std::int64_t step) const {
        if (ending_.refuses(step)) {
            require(false, "step", "be less than total_steps=" + repr(total_steps_), step);
        }
        return ending_.run_at(step);
    }

    /// Writes the run, or as much of it as `out` holds, and says how many steps these are.
    std::size_t write(const Ending::Run& run, Span<double> out) const {
        if (run.direction == Ending::Direction::still) {
            std::fill(out.begin(), out.end(), base_(run.begin));
            return out.size();
        }
        const std::size_t size = std::min(out.size(), run.size);
        const Span<double> written = out.subspan(0, size);
        if (run.direction == Ending::Direction::forwards) {
            fill(base_, run.begin, written);
        } else {
            fill(base_, run.begin - static_cast<std::int64_t>(size) + 1, written);
            std::reverse(written.begin(), written.end());
        }
        return size;
    }

    AnySchedule base_;
    std::int64_t total_steps_;
    Ending ending_;
};

}  // namespace lrcore
