#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/parts/curves.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

enum class CycleMode { triangular, triangular2, exp_range };
inline constexpr std::array cycle_modes{"triangular", "triangular2", "exp_range"};

enum class ScaleMode { cycle, iterations };
inline constexpr std::array scale_modes{"cycle", "iterations"};

/// Height of a triangle wave, from 0 to 1: constant 1 (triangular), halved after each cycle
/// (triangular2), gamma^t (exp_range), or a schedule of the cycle number or of t.
class CycleScale {
  public:
    CycleScale(const std::string& mode, double gamma, std::optional<AnySchedule> scale,
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

    bool is_one() const { return !scale_ && mode_ == CycleMode::triangular; }
    /// True if the height does not change within a cycle.
    bool is_constant_per_cycle() const {
        return scale_ ? scale_mode_ == ScaleMode::cycle : mode_ != CycleMode::exp_range;
    }

    std::string mode() const { return cycle_modes[static_cast<std::size_t>(mode_)]; }
    double gamma() const { return gamma_; }
    const std::optional<AnySchedule>& schedule() const { return scale_; }
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

/// A triangle wave: step_size_up steps from its foot to its tip and step_size_down steps back, with
/// the height of each triangle scaled by `scale`.
class TriangleWave {
  public:
    TriangleWave(double foot, double tip, std::int64_t step_size_up, std::int64_t step_size_down,
                 CycleScale scale)
        : foot_(foot),
          tip_(tip),
          step_size_up_(at_least(1, "step_size_up", step_size_up)),
          step_size_down_(at_least(1, "step_size_down", step_size_down)),
          scale_(std::move(scale)) {}

    double operator()(std::int64_t step) const {
        const Place place = locate(step);
        return side_at(step, place)({static_cast<double>(place.done), 0.0},
                                    {static_cast<double>(place.length - place.done), 0.0});
    }

    /// out[i] = (*this)(start + i)
    void write(std::int64_t start, Span<double> out) const {
        if (!scale_.is_one()) return write_sides(start, out);
        // All triangles are equal: write the first and copy it.
        std::size_t written = std::min(out.size(), static_cast<std::size_t>(length()));
        write_sides(start, out.subspan(0, written));
        while (written < out.size()) {
            const std::size_t size = std::min(written, out.size() - written);
            std::copy_n(out.data(), size, out.data() + written);
            written += size;
        }
    }

    std::int64_t step_size_up() const { return step_size_up_; }
    std::int64_t step_size_down() const { return step_size_down_; }
    const CycleScale& scale() const { return scale_; }

  private:
    /// Position of a step: its triangle and the side it is on. Unsigned, because the sum of two
    /// step sizes may not fit an int64.
    struct Place {
        std::uint64_t cycle;
        bool rising;
        std::uint64_t done;  // steps on this side before it
        std::uint64_t length;
    };

    std::uint64_t length() const {
        return static_cast<std::uint64_t>(step_size_up_) +
               static_cast<std::uint64_t>(step_size_down_);
    }

    Place locate(std::int64_t step) const {
        const auto up = static_cast<std::uint64_t>(step_size_up_);
        const std::uint64_t cycle = static_cast<std::uint64_t>(step) / length();
        const std::uint64_t position = static_cast<std::uint64_t>(step) - cycle * length();
        if (position < up) return {cycle, true, position, up};
        return {cycle, false, position - up, length() - up};
    }

    TriangleSide side_at(std::int64_t step, const Place& place) const {
        return {foot_, tip_, static_cast<double>(place.length), scale_(step, place.cycle),
                place.rising};
    }

    void write_sides(std::int64_t start, Span<double> out) const {
        if (!should_write_by_sides()) {
            for (double& value : out) value = (*this)(start++);
            return;
        }
        while (out.size() > 0) {
            const std::size_t written = write_side(start, out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    /// True if whole sides can be written at once and are long enough for that to be faster.
    bool should_write_by_sides() const {
        constexpr std::uint64_t short_cycle = 16;
        return scale_.is_constant_per_cycle() && length() > short_cycle &&
               length() <= static_cast<std::uint64_t>(exact_steps);
    }

    /// Writes from `start` to the end of its side; returns the number of steps written.
    std::size_t write_side(std::int64_t start, Span<double> out) const {
        const Place place = locate(start);
        out = out.subspan(
            0, std::min(out.size(), static_cast<std::size_t>(place.length - place.done)));
        lrcore::write(side_at(start, place), {{0.0, 0.0}, {static_cast<double>(place.length), 0.0}},
                      static_cast<double>(place.done), out);
        return out.size();
    }

    double foot_;
    double tip_;
    std::int64_t step_size_up_;
    std::int64_t step_size_down_;
    CycleScale scale_;
};

}  // namespace lrcore
