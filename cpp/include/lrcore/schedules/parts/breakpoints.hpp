#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lrcore/schedules/schedule.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// The (milestone, lr) points of a piecewise schedule.
class Breakpoints {
  public:
    Breakpoints(std::vector<std::int64_t> milestones, std::vector<double> lrs)
        : milestones_(std::move(milestones)), lrs_(require_lrs(std::move(lrs))) {
        require_increasing("milestones", milestones_, 0);
        require(milestones_.size() == lrs_.size(), "len(milestones)",
                "be len(lrs) = " + std::to_string(lrs_.size()),
                static_cast<std::int64_t>(milestones_.size()));
    }

    /// The first lr up to its milestone, the last lr from its milestone on, and between two
    /// milestones between(lr before, steps left, lr after, steps done, length).
    template <class Between>
    double at(std::int64_t step, Between between) const {
        const auto next =
            std::upper_bound(milestones_.begin(), milestones_.end(), check_step(step));
        const auto after = static_cast<std::size_t>(next - milestones_.begin());
        if (after == 0) return lrs_.front();
        if (after == lrs_.size()) return lrs_.back();
        const std::int64_t begin = milestones_[after - 1];
        const std::int64_t end = milestones_[after];
        return between(lrs_[after - 1], static_cast<double>(end - step), lrs_[after],
                       static_cast<double>(step - begin), static_cast<double>(end - begin));
    }

    const std::vector<std::int64_t>& milestones() const { return milestones_; }
    const std::vector<double>& lrs() const { return lrs_; }

  private:
    std::vector<std::int64_t> milestones_;
    std::vector<double> lrs_;
};

}  // namespace lrcore
