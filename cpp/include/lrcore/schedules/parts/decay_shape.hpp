#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/numerics/powers.hpp"
#include "lrcore/numerics/sine_squared.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

enum class RampShape { linear, cosine, one_minus_sqrt };
inline constexpr std::array ramp_shapes{"linear", "cosine", "1-sqrt"};

/// An annealing curve from 1 to 0 as two weights that add up to 1, the remaining and the completed
/// part. Each is accurate to its own last digit, also where it is tiny.
class AnnealShape {
  public:
    explicit AnnealShape(const std::string& shape)
        : shape_(parse_choice<RampShape>("shape", shape, ramp_shapes)) {}

    /// 1 - x, cos^2(pi/2 * x) or 1 - sqrt(x) at x = done / (done + remaining).
    double remaining_weight(double done, double remaining) const {
        const double whole = done + remaining;
        switch (shape_) {
            case RampShape::linear:
                return remaining / whole;
            case RampShape::cosine:
                return sine_squared(remaining, whole);
            case RampShape::one_minus_sqrt:
                return remaining / whole / (1.0 + std::sqrt(done / whole));
        }
        return 0.0;
    }

    /// 1 - remaining_weight(), without cancellation.
    double completed_weight(double done, double remaining) const {
        const double whole = done + remaining;
        switch (shape_) {
            case RampShape::linear:
                return done / whole;
            case RampShape::cosine:
                return sine_squared(done, whole);
            case RampShape::one_minus_sqrt:
                return std::sqrt(done / whole);
        }
        return 1.0;
    }

    std::string shape() const { return ramp_shapes[static_cast<std::size_t>(shape_)]; }

  private:
    RampShape shape_;
};

enum class DecayShape { one_minus_sqrt, linear, cosine, exponential, power };
inline constexpr std::array decay_shapes{"1-sqrt", "linear", "cosine", "exponential", "power"};

/// A fall from 1 at step 0 to 0 at step `steps`: an AnnealShape, an exponential or a power.
class Decay {
  public:
    Decay(std::int64_t steps, const std::string& shape, double power, double ratio)
        : steps_(at_least(1, "decay_steps", steps)),
          shape_(parse_choice<DecayShape>("decay", shape, decay_shapes)),
          power_(positive("decay_power", power)),
          ratio_(require(ratio > 0.0 && ratio < 1.0, "decay_ratio",
                         "be greater than 0 and less than 1", ratio)) {
        if (shape_ < DecayShape::exponential) ramp_.emplace(shape);
    }

    /// For 0 <= step <= steps. Computed from the steps left, so the last steps stay accurate.
    double operator()(std::int64_t step) const {
        const auto done = static_cast<double>(step);
        const auto left = static_cast<double>(steps_ - step);
        const auto whole = static_cast<double>(steps_);
        if (ramp_) return ramp_->remaining_weight(done, left);
        if (shape_ == DecayShape::power) return one_minus_pow(done, left, whole, power_);
        return exponential(done, left, whole);
    }

    std::int64_t steps() const { return steps_; }
    std::string shape() const { return decay_shapes[static_cast<std::size_t>(shape_)]; }
    double power() const { return power_; }
    double ratio() const { return ratio_; }

  private:
    /// (ratio^(1 - x) - ratio) / (1 - ratio) for x = left / whole. The rounding errors of the
    /// exponent and of the scale are added back to first order.
    double exponential(double done, double left, double whole) const {
        constexpr double negligible = -50.0;  // ratio is then no part of ratio^(1 - x)
        const DoubleDouble logarithm = dd_log(ratio_);
        const DoubleDouble exponent = logarithm * share(left, whole);
        if (exponent.high < negligible) return power_of_e(logarithm * share(done, whole));
        const DoubleDouble scale = DoubleDouble{ratio_, 0.0} / two_sum(1.0, -ratio_);
        const double less_one = std::expm1(-exponent.high);
        const double lost = -exponent.low * (1.0 + less_one);
        return std::fma(less_one, scale.high, less_one * scale.low + lost * scale.high);
    }

    static DoubleDouble share(double part, double whole) {
        return DoubleDouble{part, 0.0} / DoubleDouble{whole, 0.0};
    }

    static double power_of_e(DoubleDouble exponent) {
        const double rounded = std::exp(exponent.high);
        return rounded + rounded * exponent.low;
    }

    std::int64_t steps_;
    DecayShape shape_;
    std::optional<AnnealShape> ramp_;
    double power_;
    double ratio_;
};

}  // namespace lrcore
