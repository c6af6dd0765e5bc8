#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/schedule.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// lr(t) = lrs[t], the last one from there on
class Tabulated {
  public:
    explicit Tabulated(std::vector<double> lrs) : lrs_(require_lrs(std::move(lrs))) {}

    double operator()(std::int64_t step) const {
        return lrs_[std::min(static_cast<std::size_t>(check_step(step)), lrs_.size() - 1)];
    }

    auto fields() const { return std::make_tuple(lrs_); }

  private:
    std::vector<double> lrs_;
};

}  // namespace lrcore
