#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lrcore/support/span.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

enum class End { hold, repeat, mirror, raise };
inline constexpr std::array ends{"hold", "repeat", "mirror", "raise"};

/// Continuation of a schedule after step `last`: hold the value, repeat, mirror or raise.
class EndPolicy {
  public:
    enum class Direction { forwards, backwards, still };

    /// A run of `size` consecutive steps of the schedule, from `begin` in the given direction.
    struct Run {
        std::int64_t begin;
        std::size_t size;
        Direction direction;
    };

    EndPolicy(std::int64_t last, const std::string& end)
        : last_(last), end_(parse_choice<End>("end", end, ends)) {}

    bool refuses(std::int64_t step) const { return end_ == End::raise && step > last_; }

    /// The run of the schedule that `step` and the steps after it map to.
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

    /// The end points are not repeated: 0, 1, ..., last, last - 1, ..., 0, 1, ...
    Run mirrored(std::int64_t step) const {
        const std::int64_t position = step % last_;
        const auto size = static_cast<std::size_t>(last_ - position);
        if (step / last_ % 2 == 0) return {position, size, Direction::forwards};
        return {last_ - position, size, Direction::backwards};
    }

    std::int64_t last_;
    End end_;
};

/// Writes the run, or as much of it as fits into `out`; returns the number of steps written.
/// fill_before(begin, part) writes steps of the schedule itself, from `begin` on.
template <class FillBefore>
std::size_t write_run(const EndPolicy::Run& run, Span<double> out, const FillBefore& fill_before) {
    if (run.direction == EndPolicy::Direction::still) {
        fill_before(run.begin, out.subspan(0, 1));
        std::fill(out.begin() + 1, out.end(), out[0]);
        return out.size();
    }
    const Span<double> written = out.subspan(0, std::min(out.size(), run.size));
    if (run.direction == EndPolicy::Direction::forwards) {
        fill_before(run.begin, written);
    } else {
        fill_before(run.begin - static_cast<std::int64_t>(written.size()) + 1, written);
        std::reverse(written.begin(), written.end());
    }
    return written.size();
}

/// out[i] = the value at step start + i, written run by run.
template <class RunAt, class FillBefore>
void fill_runs(std::int64_t start, Span<double> out, const RunAt& run_at,
               const FillBefore& fill_before) {
    while (out.size() > 0) {
        const std::size_t written = write_run(run_at(start), out, fill_before);
        out = out.from(written);
        start += static_cast<std::int64_t>(written);
    }
}

}  // namespace lrcore
