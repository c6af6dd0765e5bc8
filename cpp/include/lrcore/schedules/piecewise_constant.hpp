#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/schedule.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

/// lr(t) = lrs[number of boundaries b with b <= t]
class PiecewiseConstant {
  public:
    PiecewiseConstant(std::vector<std::int64_t> boundaries, std::vector<double> lrs)
        : boundaries_(std::move(boundaries)), lrs_(std::move(lrs)) {
        require_increasing("boundaries", boundaries_);
        check_lrs();
    }

    double operator()(std::int64_t step) const {
        const auto next =
            std::upper_bound(boundaries_.begin(), boundaries_.end(), check_step(step));
        return lrs_[static_cast<std::size_t>(next - boundaries_.begin())];
    }

    auto fields() const { return std::make_tuple(boundaries_, lrs_); }

  private:
    void check_lrs() const {
        const std::size_t expected = boundaries_.size() + 1;
        require(lrs_.size() == expected, "len(lrs)",
                "be len(boundaries) + 1 = " + std::to_string(expected),
                static_cast<std::int64_t>(lrs_.size()));
        for (std::size_t i = 0; i < expected; ++i) positive(item("lrs", i), lrs_[i]);
    }

    std::vector<std::int64_t> boundaries_;
    std::vector<double> lrs_;
};

}  // namespace lrcore
