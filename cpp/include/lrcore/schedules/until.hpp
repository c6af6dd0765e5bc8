#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/parts/end_policy.hpp"
#include "lrcore/schedules/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"

namespace lrcore {

/// lr(t) = base(t) for t < total_steps, continued as `end` says
class Until {
  public:
    Until(AnySchedule base, std::int64_t total_steps, const std::string& end)
        : base_(std::move(base)),
          total_steps_(at_least(1, "total_steps", total_steps)),
          end_policy_(total_steps_ - 1, end) {
        check_whole_warmup(base_, 0, "total_steps", total_steps_);
    }

    double operator()(std::int64_t step) const { return base_(run_at(check_step(step)).begin); }

    friend void fill(const Until& until, std::int64_t start, Span<double> out) {
        fill_runs(
            start, out, [&](std::int64_t step) { return until.run_at(step); },
            [&](std::int64_t begin, Span<double> part) { fill(until.base_, begin, part); });
    }

    auto fields() const { return std::make_tuple(base_, total_steps_, end_policy_.name()); }

  private:
    EndPolicy::Run run_at(std::int64_t step) const {
        if (end_policy_.refuses(step)) {
            require(false, "step", "be less than total_steps=" + repr(total_steps_), step);
        }
        return end_policy_.run_at(step);
    }

    AnySchedule base_;
    std::int64_t total_steps_;
    EndPolicy end_policy_;
};

}  // namespace lrcore
