#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "lrcore/validate.hpp"

namespace lrcore {

enum class CycleMode { triangular, triangular2, exp_range };
inline constexpr std::array cycle_modes{"triangular", "triangular2", "exp_range"};

/// A triangle wave in [0, 1]: step_size_up steps up, step_size_down steps down; its height is
/// halved after each cycle (triangular2) or falls as gamma^t (exp_range).
class Cycle {
  public:
    Cycle(std::int64_t step_size_up, std::int64_t step_size_down, const std::string& mode,
          double gamma)
        : step_size_up_(count_of_at_least(1, "step_size_up", step_size_up)),
          step_size_down_(count_of_at_least(1, "step_size_down", step_size_down)),
          mode_(parse_choice<CycleMode>("mode", mode, cycle_modes)),
          gamma_(require(gamma > 0.0 && gamma <= 1.0, "gamma",
                         "be greater than 0 and not greater than 1", gamma)) {}

    double operator()(std::int64_t step) const {
        // Unsigned, as the sum of two step sizes may not fit an int64.
        const auto up = static_cast<std::uint64_t>(step_size_up_);
        const auto down = static_cast<std::uint64_t>(step_size_down_);
        const std::uint64_t length = up + down;
        const auto cycle = static_cast<std::uint64_t>(step) / length;
        const auto position = static_cast<std::uint64_t>(step) % length;
        const double triangle =
            position <= up ? ratio(position, up) : ratio(length - position, down);
        return triangle * height(step, cycle);
    }

    std::int64_t step_size_up() const { return step_size_up_; }
    std::int64_t step_size_down() const { return step_size_down_; }
    std::string mode() const { return cycle_modes[static_cast<std::size_t>(mode_)]; }
    double gamma() const { return gamma_; }

  private:
    static double ratio(std::uint64_t part, std::uint64_t whole) {
        return static_cast<double>(part) / static_cast<double>(whole);
    }

    double height(std::int64_t step, std::uint64_t cycle) const {
        constexpr std::uint64_t underflow = 1100;  // 2^-1100 is 0 in float64
        switch (mode_) {
            case CycleMode::triangular:
                return 1.0;
            case CycleMode::triangular2:
                return std::ldexp(1.0, -static_cast<int>(std::min(cycle, underflow)));
            case CycleMode::exp_range:
                return std::pow(gamma_, static_cast<double>(step));
        }
        return 1.0;
    }

    std::int64_t step_size_up_;
    std::int64_t step_size_down_;
    CycleMode mode_;
    double gamma_;
};

}  // namespace lrcore
