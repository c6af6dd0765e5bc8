#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedule.hpp"

namespace lrcore {

/// lr(t) = lrs[number of boundaries b with b <= t]
class PiecewiseConstant {
  public:
    PiecewiseConstant(std::vector<std::int64_t> boundaries, std::vector<double> lrs)
        : boundaries_(std::move(boundaries)), lrs_(std::move(lrs)) {
        check_boundaries();
        check_lrs();
    }

    double operator()(std::int64_t step) const {
        const auto next =
            std::upper_bound(boundaries_.begin(), boundaries_.end(), check_step(step));
        return lrs_[static_cast<std::size_t>(next - boundaries_.begin())];
    }

    auto fields() const { return std::make_tuple(boundaries_, lrs_); }

  private:
    static std::string item(const char* list, std::size_t index) {
        return std::string(list) + "[" + std::to_string(index) + "]";
    }

    void check_boundaries() const {
        for (std::size_t i = 0; i < boundaries_.size(); ++i) {
            const std::string name = item("boundaries", i);
            count_of_at_least(1, name, boundaries_[i]);
            if (i == 0) continue;
            const std::int64_t previous = boundaries_[i - 1];
            require(boundaries_[i] > previous, name,
                    "be greater than " + item("boundaries", i - 1) + "=" + repr(previous),
                    boundaries_[i]);
        }
    }

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
