#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/numerics/powers.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = end_lr + (base_lr - end_lr) * (1 - (t / D)^k)^power; D is decay_steps and end_lr is held
/// from there on, or with cycle the first multiple of it that is not before t
class Polynomial {
  public:
    Polynomial(double base_lr, std::int64_t decay_steps, double end_lr, double power, bool cycle,
               double k)
        : base_lr_(not_negative("base_lr", base_lr)),
          decay_steps_(at_least(1, "decay_steps", decay_steps)),
          end_lr_(not_negative("end_lr", end_lr)),
          power_(positive("power", power)),
          wave_(cycle),
          k_(positive("k", k)) {}

    double operator()(std::int64_t step) const {
        if (check_step(step) == 0) return base_lr_;
        // Unsigned, because the end of the cycle may not fit an int64.
        const auto done = static_cast<std::uint64_t>(step);
        const std::uint64_t end = end_of_cycle(done);
        if (done >= end) return end_lr_;
        const Place place = place_of(done, end);
        const double base_weight = power_of(place.left, place.whole);
        const double end_weight = base_weight < 0.5
                                      ? 1.0 - base_weight
                                      : one_minus_pow(place.left, place.gone, place.whole, power_);
        return weighted_mean(end_lr_, end_weight, base_lr_, base_weight);
    }

    auto fields() const {
        return std::make_tuple(base_lr_, decay_steps_, end_lr_, power_, wave_, k_);
    }

  private:
    /// Completed and remaining part of a whole, each accurate to its last digit.
    struct Place {
        double gone;
        double left;
        double whole;
    };

    Place place_of(std::uint64_t step, std::uint64_t end) const {
        const auto gone = static_cast<double>(step);
        const auto left = static_cast<double>(end - step);
        const auto whole = static_cast<double>(end);
        if (k_ == 1.0) return {gone, left, whole};
        return {std::pow(gone / whole, k_), one_minus_pow(gone, left, whole, k_), 1.0};
    }

    std::uint64_t end_of_cycle(std::uint64_t step) const {
        const auto length = static_cast<std::uint64_t>(decay_steps_);
        return wave_ ? (step + length - 1) / length * length : length;
    }

    // With a tiny k nothing remains after step 0.
    double power_of(double part, double whole) const {
        return dd_pow(DoubleDouble{part, 0.0} / DoubleDouble{whole, 0.0}, power_);
    }

    double base_lr_;
    std::int64_t decay_steps_;
    double end_lr_;
    double power_;
    bool wave_;
    double k_;
};

}  // namespace lrcore
