#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"

namespace lrcore {

/// lr(t) = base(t mod period) * peak_decay^(t div period), its last value held after `count` rounds
class Repeat {
  public:
    Repeat(AnySchedule base, std::int64_t period, std::optional<std::int64_t> count,
           double peak_decay)
        : base_(std::move(base)),
          period_(at_least(1, "period", period)),
          count_(count),
          peak_decay_(require(peak_decay > 0.0 && peak_decay <= 1.0, "peak_decay",
                              "be greater than 0 and not greater than 1", peak_decay)) {
        if (count_) at_least(1, "count", *count_);
        check_whole_warmup(base_, 0, "period", period_);
    }

    double operator()(std::int64_t step) const {
        const std::int64_t round = check_step(step) / period_;
        if (count_ && round >= *count_) return last();
        return height(round) * base_(step % period_);
    }

    friend void fill(const Repeat& repeat, std::int64_t start, Span<double> out) {
        while (out.size() > 0) {
            const std::size_t written = repeat.write_round(start, out);
            out = out.from(written);
            start += static_cast<std::int64_t>(written);
        }
    }

    auto fields() const { return std::make_tuple(base_, period_, count_, peak_decay_); }

  private:
    double height(std::int64_t round) const {
        return std::pow(peak_decay_, static_cast<double>(round));
    }

    double last() const { return height(*count_ - 1) * base_(period_ - 1); }

    /// Writes from `start` to the end of its round; returns the number of steps written.
    std::size_t write_round(std::int64_t start, Span<double> out) const {
        const std::int64_t round = start / period_;
        if (count_ && round >= *count_) {
            std::fill(out.begin(), out.end(), last());
            return out.size();
        }
        const std::int64_t position = start % period_;
        const std::size_t size = std::min(out.size(), static_cast<std::size_t>(period_ - position));
        const Span<double> rest_of_round = out.subspan(0, size);
        fill(base_, position, rest_of_round);
        const double scale = height(round);
        for (double& lr : rest_of_round) lr *= scale;
        return size;
    }

    AnySchedule base_;
    std::int64_t period_;
    std::optional<std::int64_t> count_;
    double peak_decay_;
};

}  // namespace lrcore
