#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "lrcore/curves.hpp"
#include "lrcore/cycle_height.hpp"
#include "lrcore/validate.hpp"

namespace lrcore {

/// A triangle wave: step_size_up steps from its foot to its tip and step_size_down steps back, each
/// triangle as high as `height` says.
class Cycle {
  public:
    Cycle(double foot, double tip, std::int64_t step_size_up, std::int64_t step_size_down,
          CycleHeight height)
        : foot_(foot),
          tip_(tip),
          step_size_up_(count_of_at_least(1, "step_size_up", step_size_up)),
          step_size_down_(count_of_at_least(1, "step_size_down", step_size_down)),
          height_(std::move(height)) {}

    double operator()(std::int64_t step) const {
        const Place place = place_of(step);
        return side_at(step, place)({static_cast<double>(place.done), 0.0},
                                    {static_cast<double>(place.length - place.done), 0.0});
    }

    /// out[i] = (*this)(start + i)
    void write(std::int64_t start, Span<double> out) const {
        if (!height_.is_one()) return write_sides(start, out);
        // Equal triangles repeat themselves.
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
    const CycleHeight& height() const { return height_; }

  private:
    /// On which side of which triangle a step is. Unsigned, as the sum of two step sizes may not
    /// fit an int64.
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

    Place place_of(std::int64_t step) const {
        const auto up = static_cast<std::uint64_t>(step_size_up_);
        const std::uint64_t cycle = static_cast<std::uint64_t>(step) / length();
        const std::uint64_t position = static_cast<std::uint64_t>(step) - cycle * length();
        if (position < up) return {cycle, true, position, up};
        return {cycle, false, position - up, length() - up};
    }

    TriangleSide side_at(std::int64_t step, const Place& place) const {
        return {foot_, tip_, static_cast<double>(place.length), height_(step, place.cycle),
                place.rising};
    }

    void write_sides(std::int64_t start, Span<double> out) const {
        if (!are_sides_worth_it()) {
            for (double& value : out) value = (*this)(start++);
            return;
        }
        while (out.size() > 0) {
            const std::size_t written = write_side(start, out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    /// Whether sides can be written whole, and are long enough for that to be faster.
    bool are_sides_worth_it() const {
        constexpr std::uint64_t short_cycle = 16;
        return height_.is_of_a_cycle() && length() > short_cycle &&
               length() <= static_cast<std::uint64_t>(exact_steps);
    }

    /// Writes to the end of the side that `start` is on, and says how many steps these are.
    std::size_t write_side(std::int64_t start, Span<double> out) const {
        const Place place = place_of(start);
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
    CycleHeight height_;
};

}  // namespace lrcore
