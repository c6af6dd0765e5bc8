#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// lr(t) = schedules[i](t - begin of i), i = number of milestones m with m <= t
class Sequence {
  public:
    Sequence(std::vector<AnySchedule> schedules, std::vector<std::int64_t> milestones)
        : schedules_(std::move(schedules)), milestones_(std::move(milestones)) {
        at_least(1, "len(schedules)", static_cast<std::int64_t>(schedules_.size()));
        const auto expected = static_cast<std::int64_t>(schedules_.size()) - 1;
        const auto given = static_cast<std::int64_t>(milestones_.size());
        require(given == expected, "len(milestones)", "be len(schedules) - 1 = " + repr(expected),
                given);
        require_increasing("milestones", milestones_);
        for (std::size_t i = 0; i < milestones_.size(); ++i) {
            check_whole_warmup(schedules_[i], begin(i), item("milestones", i), milestones_[i]);
        }
    }

    double operator()(std::int64_t step) const {
        const std::size_t part = part_at(check_step(step));
        return schedules_[part](step - begin(part));
    }

    friend void fill(const Sequence& sequence, std::int64_t start, Span<double> out) {
        for (std::size_t part = sequence.part_at(start); out.size() > 0; ++part) {
            const std::size_t size = sequence.steps_left(part, start, out.size());
            fill(sequence.schedules_[part], start - sequence.begin(part), out.subspan(0, size));
            out = out.from(size);
            start += static_cast<std::int64_t>(size);
        }
    }

    auto fields() const { return std::make_tuple(schedules_, milestones_); }

  private:
    std::size_t part_at(std::int64_t step) const {
        const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), step);
        return static_cast<std::size_t>(next - milestones_.begin());
    }

    std::int64_t begin(std::size_t part) const { return part == 0 ? 0 : milestones_[part - 1]; }

    /// Number of the `size` steps from `start` on that belong to the part.
    std::size_t steps_left(std::size_t part, std::int64_t start, std::size_t size) const {
        if (part == milestones_.size()) return size;
        return std::min(size, static_cast<std::size_t>(milestones_[part] - start));
    }

    std::vector<AnySchedule> schedules_;
    std::vector<std::int64_t> milestones_;
};

}  // namespace lrcore
