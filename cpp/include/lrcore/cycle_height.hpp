#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "lrcore/any_schedule.hpp"
#include "lrcore/validate.hpp"

namespace lrcore {

enum class CycleMode { triangular, triangular2, exp_range };
inline constexpr std::array cycle_modes{"triangular", "triangular2", "exp_range"};

enum class ScaleMode { cycle, iterations };
inline constexpr std::array scale_modes{"cycle", "iterations"};

/// How high a triangle wave is, from 0 to 1: 1, halved after each cycle (triangular2), gamma^t
/// (exp_range), or the value that a schedule has at the number of the cycle, from 0, or at t.
class CycleHeight {
  public:
    CycleHeight(const std::string& mode, double gamma, std::optional<AnySchedule> scale,
                const std::string& scale_mode);

    double operator()(std::int64_t step, std::uint64_t cycle) const {
        if (scale_) return scaled(step, cycle);
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

    std::string mode() const { return cycle_modes[static_cast<std::size_t>(mode_)]; }
    double gamma() const { return gamma_; }
    const std::optional<AnySchedule>& scale() const { return scale_; }
    std::string scale_mode() const { return scale_modes[static_cast<std::size_t>(scale_mode_)]; }

  private:
    static constexpr std::uint64_t underflow = 1100;  // 2^-1100 is 0 in float64

    double scaled(std::int64_t step, std::uint64_t cycle) const {
        const bool by_cycle = scale_mode_ == ScaleMode::cycle;
        return std::min((*scale_)(by_cycle ? static_cast<std::int64_t>(cycle) : step), 1.0);
    }

    CycleMode mode_;
    double gamma_;
    std::optional<AnySchedule> scale_;
    ScaleMode scale_mode_;
};

}  // namespace lrcore
