#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base(max(t - steps, 0))
class Delay {
  public:
    Delay(AnySchedule base, std::int64_t steps)
        : base_(std::move(base)), steps_(at_least(0, "steps", steps)) {}

    double operator()(std::int64_t step) const { return base_(delayed(check_step(step))); }

    friend void fill(const Delay& delay, std::int64_t start, Span<double> out) {
        const auto waiting =
            static_cast<std::size_t>(std::max(std::int64_t{0}, delay.steps_ - start));
        const std::size_t held = std::min(out.size(), waiting);
        std::fill_n(out.begin(), held, delay.base_(0));
        fill(delay.base_, delay.delayed(start), out.from(held));
    }

    auto fields() const { return std::make_tuple(base_, steps_); }

  private:
    std::int64_t delayed(std::int64_t step) const {
        return std::max(std::int64_t{0}, step - steps_);
    }

    AnySchedule base_;
    std::int64_t steps_;
};

}  // namespace lrcore
