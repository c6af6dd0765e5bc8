#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/parts/decay_shape.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

enum class WarmupFirst { zero, one_of_steps, one_of_steps_and_one };
inline constexpr std::array warmup_firsts{"0", "1/W", "1/(W+1)"};

/// lr(t) = start_lr + (base(0) - start_lr) * rise(t) for t < steps, then base(t - steps), or
/// base(t) where the warm-up is no prefix but takes the place of the base's first steps
class Warmup {
  public:
    Warmup(AnySchedule base, std::int64_t steps, const std::string& shape, const std::string& first,
           double start_lr, bool prefix = true)
        : base_(std::move(base)),
          steps_(at_least(1, "steps", steps)),
          ramp_(shape),
          first_(parse_choice<WarmupFirst>("first", first, warmup_firsts)),
          start_lr_(not_negative("start_lr", start_lr)),
          prefix_(prefix),
          top_lr_(base_(0)) {}

    double operator()(std::int64_t step) const {
        return check_step(step) < steps_ ? rising(step) : base_(step - shift());
    }

    friend void fill(const Warmup& warmup, std::int64_t start, Span<double> out) {
        std::size_t i = 0;
        for (; i < out.size() && start < warmup.steps_; ++i) out[i] = warmup.rising(start++);
        if (i < out.size()) fill(warmup.base_, start - warmup.shift(), out.from(i));
    }

    std::int64_t steps() const { return steps_; }

    auto fields() const {
        return std::make_tuple(base_, steps_, ramp_.shape(),
                               std::string(warmup_firsts[static_cast<std::size_t>(first_)]),
                               start_lr_, prefix_);
    }

  private:
    std::int64_t shift() const { return prefix_ ? steps_ : 0; }

    // The anneal shape falls, so it is run backwards: its remaining weight is the completed rise.
    double rising(std::int64_t step) const {
        const double risen = static_cast<double>(step) + (first_ == WarmupFirst::zero ? 0.0 : 1.0);
        const std::int64_t steps_after = steps_ - step - 1;
        const double to_rise =
            static_cast<double>(steps_after) + (first_ == WarmupFirst::one_of_steps ? 0.0 : 1.0);
        return weighted_mean(start_lr_, ramp_.completed_weight(to_rise, risen), top_lr_,
                             ramp_.remaining_weight(to_rise, risen));
    }

    AnySchedule base_;
    std::int64_t steps_;
    AnnealShape ramp_;
    WarmupFirst first_;
    double start_lr_;
    bool prefix_;
    double top_lr_;
};

/// Throws argument_error about `end` if it would cut the warm-up `schedule` short.
inline void check_whole_warmup(const AnySchedule& schedule, std::int64_t begin,
                               std::string_view name, std::int64_t end) {
    const auto* warmup = schedule.target<Warmup>();
    if (warmup == nullptr) return;
    require(end - begin >= warmup->steps(), name,
            "leave the warm-up its " + repr(warmup->steps()) + " steps", end);
}

}  // namespace lrcore
