#pragma once

#include <array>
#include <cmath>
#include <string>

#include "lrcore/sine_squared.hpp"
#include "lrcore/validate.hpp"

namespace lrcore {

enum class RampShape { linear, cosine, one_minus_sqrt };
inline constexpr std::array ramp_shapes{"linear", "cosine", "1-sqrt"};

/// A fall from 1 to 0, as what is left of it and what is gone: two weights that add up to 1, each
/// with all its digits, also where it is small.
class Ramp {
  public:
    explicit Ramp(const std::string& shape)
        : shape_(parse_choice<RampShape>("shape", shape, ramp_shapes)) {}

    /// 1 - x, cos^2(pi/2 * x) or 1 - sqrt(x) at x = done / (done + remaining).
    double left(double done, double remaining) const {
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

    /// 1 - left().
    double gone(double done, double remaining) const {
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

}  // namespace lrcore
