#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lrcore/validate.hpp"

namespace lrcore {

enum class End { hold, repeat, mirror, raise };
inline constexpr std::array ends{"hold", "repeat", "mirror", "raise"};

/// What comes after the steps 0 to `last`.
class Ending {
  public:
    enum class Direction { forwards, backwards, still };

    /// Steps before the end that follow each other: `size` from `begin` on.
    struct Run {
        std::int64_t begin;
        std::size_t size;
        Direction direction;
    };

    Ending(std::int64_t last, const std::string& end)
        : last_(last), end_(parse_choice<End>("end", end, ends)) {}

    bool refuses(std::int64_t step) const { return end_ == End::raise && step > last_; }

    /// What stands for `step` and those after it.
    Run run_at(std::int64_t step) const {
        if (step <= last_) return to_the_end(step);
        if (end_ == End::mirror && last_ > 0) return mirrored(step);
        if (end_ == End::repeat) return to_the_end(step % (last_ + 1));
        return {last_, 0, Direction::still};
    }

    std::string name() const { return ends[static_cast<std::size_t>(end_)]; }

  private:
    Run to_the_end(std::int64_t begin) const {
        return {begin, static_cast<std::size_t>(last_ - begin) + 1, Direction::forwards};
    }

    /// Neither end comes twice in a row: 0, 1, ..., last, last - 1, ..., 0, 1, ...
    Run mirrored(std::int64_t step) const {
        const std::int64_t position = step % last_;
        const auto size = static_cast<std::size_t>(last_ - position);
        if (step / last_ % 2 == 0) return {position, size, Direction::forwards};
        return {last_ - position, size, Direction::backwards};
    }

    std::int64_t last_;
    End end_;
};

}  // namespace lrcore
