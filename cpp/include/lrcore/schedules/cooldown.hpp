#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/parts/decay_shape.hpp"
#include "lrcore/schedules/schedule.hpp"
#include "lrcore/schedules/warmup.hpp"

namespace lrcore {

/// lr(t) = base(t) for t < begin, then end_lr + (base(begin) - end_lr) * ramp((t - begin) / steps)
class Cooldown {
  public:
    Cooldown(AnySchedule base, std::int64_t begin, std::int64_t steps, double end_lr,
             const std::string& shape)
        : base_(std::move(base)),
          begin_(at_least(0, "begin", begin)),
          steps_(at_least(1, "steps", steps)),
          top_lr_(base_(begin_)),
          end_lr_(
              not_greater_than("end_lr", not_negative("end_lr", end_lr), "base(begin)", top_lr_)),
          ramp_(shape) {
        check_whole_warmup(base_, 0, "begin", begin_);
    }

    double operator()(std::int64_t step) const {
        return check_step(step) < begin_ ? base_(step) : falling(step - begin_);
    }

    friend void fill(const Cooldown& cooldown, std::int64_t start, Span<double> out) {
        const auto before =
            static_cast<std::size_t>(std::max(std::int64_t{0}, cooldown.begin_ - start));
        const std::size_t size = std::min(out.size(), before);
        if (size > 0) fill(cooldown.base_, start, out.subspan(0, size));
        for (std::size_t i = size; i < out.size(); ++i) {
            out[i] = cooldown.falling(start + static_cast<std::int64_t>(i) - cooldown.begin_);
        }
    }

    auto fields() const { return std::make_tuple(base_, begin_, steps_, end_lr_, ramp_.shape()); }

  private:
    double falling(std::int64_t since) const {
        if (since >= steps_) return end_lr_;
        const auto done = static_cast<double>(since);
        const auto remaining = static_cast<double>(steps_ - since);
        return weighted_mean(top_lr_, ramp_.remaining_weight(done, remaining), end_lr_,
                             ramp_.completed_weight(done, remaining));
    }

    AnySchedule base_;
    std::int64_t begin_;
    std::int64_t steps_;
    double top_lr_;
    double end_lr_;
    AnnealShape ramp_;
};

}  // namespace lrcore
