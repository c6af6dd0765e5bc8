#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/numerics/powers.hpp"
#include "lrcore/schedules/schedule.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// lr(t) = base_lr * gamma^(number of milestones m with m <= t)
class MultiStep {
  public:
    MultiStep(double base_lr, std::vector<std::int64_t> milestones, double gamma)
        : base_lr_(positive("base_lr", base_lr)),
          milestones_(std::move(milestones)),
          gamma_(not_negative("gamma", gamma)) {
        for (std::size_t i = 0; i < milestones_.size(); ++i) check_milestone(i);
    }

    double operator()(std::int64_t step) const {
        const auto next =
            std::upper_bound(milestones_.begin(), milestones_.end(), check_step(step));
        return geometric(base_lr_, gamma_, static_cast<double>(next - milestones_.begin()));
    }

    auto fields() const { return std::make_tuple(base_lr_, milestones_, gamma_); }

  private:
    // Equal milestones count twice, as in PyTorch.
    void check_milestone(std::size_t i) const {
        const std::string name = item("milestones", i);
        at_least(0, name, milestones_[i]);
        if (i == 0) return;
        not_less_than(name, milestones_[i], item("milestones", i - 1), milestones_[i - 1]);
    }

    double base_lr_;
    std::vector<std::int64_t> milestones_;
    double gamma_;
};

}  // namespace lrcore
