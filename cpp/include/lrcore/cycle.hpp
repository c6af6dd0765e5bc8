#pragma once

#include <cstdint>
#include <utility>

#include "lrcore/cycle_height.hpp"
#include "lrcore/validate.hpp"

namespace lrcore {

/// A triangle wave in [0, 1]: step_size_up steps up, step_size_down steps down, times its height.
class Cycle {
  public:
    Cycle(std::int64_t step_size_up, std::int64_t step_size_down, CycleHeight height)
        : step_size_up_(count_of_at_least(1, "step_size_up", step_size_up)),
          step_size_down_(count_of_at_least(1, "step_size_down", step_size_down)),
          height_(std::move(height)) {}

    double operator()(std::int64_t step) const {
        // Unsigned, as the sum of two step sizes may not fit an int64.
        const auto up = static_cast<std::uint64_t>(step_size_up_);
        const auto down = static_cast<std::uint64_t>(step_size_down_);
        const std::uint64_t length = up + down;
        const auto cycle = static_cast<std::uint64_t>(step) / length;
        const auto position = static_cast<std::uint64_t>(step) % length;
        const double triangle =
            position <= up ? ratio(position, up) : ratio(length - position, down);
        return triangle * height_(step, cycle);
    }

    std::int64_t step_size_up() const { return step_size_up_; }
    std::int64_t step_size_down() const { return step_size_down_; }
    const CycleHeight& height() const { return height_; }

  private:
    static double ratio(std::uint64_t part, std::uint64_t whole) {
        return static_cast<double>(part) / static_cast<double>(whole);
    }

    std::int64_t step_size_up_;
    std::int64_t step_size_down_;
    CycleHeight height_;
};

}  // namespace lrcore
