#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "lrcore/numerics/powers.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr * decay_rate^q, q = t / decay_steps, rounded down if staircase; bounded by
/// end_lr if given
class ExponentialDecay {
  public:
    ExponentialDecay(double base_lr, double decay_rate, std::int64_t decay_steps, bool staircase,
                     std::optional<double> end_lr)
        : base_lr_(positive("base_lr", base_lr)),
          decay_rate_(not_negative("decay_rate", decay_rate)),
          decay_steps_(at_least(1, "decay_steps", decay_steps)),
          staircase_(staircase),
          end_lr_(end_lr),
          log_rate_(std::log(decay_rate)) {
        if (end_lr_) check_end(*end_lr_);
    }

    double operator()(std::int64_t step) const {
        if (check_step(step) == 0) return base_lr_;
        return bounded(staircase_ ? whole_decays(step) : decayed(step));
    }

    auto fields() const {
        return std::make_tuple(base_lr_, decay_rate_, decay_steps_, staircase_, end_lr_);
    }

  private:
    void check_end(double end_lr) const {
        not_negative("end_lr", end_lr);
        const std::string base = "base_lr=" + repr(base_lr_);
        const std::string rate = " where decay_rate=" + repr(decay_rate_);
        if (decay_rate_ < 1.0) {
            require(end_lr <= base_lr_, "end_lr",
                    "not be greater than " + base + rate + " is less than 1", end_lr);
        } else {
            require(end_lr >= base_lr_, "end_lr",
                    "not be less than " + base + rate + " is at least 1", end_lr);
        }
    }

    double whole_decays(std::int64_t step) const {
        return geometric(base_lr_, decay_rate_, static_cast<double>(step / decay_steps_));
    }

    // A power magnifies the rounding error of its exponent, so the error of the division is added
    // back to first order.
    double decayed(std::int64_t step) const {
        constexpr double largest = std::numeric_limits<double>::max();
        if (decay_rate_ == 0.0) return 0.0;
        const auto length = static_cast<double>(decay_steps_);
        const auto done = static_cast<double>(step);
        const double exponent = done / length;
        const double rounded = geometric(base_lr_, decay_rate_, exponent);
        // Beyond this the quotient may be off by whole units, which first order cannot correct.
        if (rounded >= largest) return largest;
        const double lost = std::fma(-exponent, length, done) / length;
        return std::min(rounded + rounded * (log_rate_ * lost), largest);
    }

    double bounded(double lr) const {
        if (!end_lr_) return lr;
        return decay_rate_ < 1.0 ? std::max(lr, *end_lr_) : std::min(lr, *end_lr_);
    }

    double base_lr_;
    double decay_rate_;
    std::int64_t decay_steps_;
    bool staircase_;
    std::optional<double> end_lr_;
    double log_rate_;
};

}  // namespace lrcore
