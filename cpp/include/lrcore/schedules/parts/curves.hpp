#pragma once

#include <cstdint>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/numerics/sine_squared.hpp"
#include "lrcore/support/span.hpp"

namespace lrcore {

// The curves that schedules are made of, as functions of the steps done since the begin of a curve
// and of the steps left to its end. They are inlined and branch only where write() can split its
// loop, so that the loop vectorizes.

/// Half a cosine wave from one value to another.
class CosineSegment {
  public:
    CosineSegment(double from, double to, SineSquared wave) : from_(from), to_(to), wave_(wave) {}

    double operator()(DoubleDouble done, DoubleDouble left) const {
        return is_in_first_half(done, left) ? first_half(done) : second_half(left);
    }

    static bool is_in_first_half(DoubleDouble done, DoubleDouble left) {
        return done.high < left.high;
    }

    double first_half(DoubleDouble done) const {
        const double weight = wave_(done);
        return weighted_mean(from_, 1.0 - weight, to_, weight);
    }

    double second_half(DoubleDouble left) const {
        const double weight = wave_(left);
        return weighted_mean(from_, weight, to_, 1.0 - weight);
    }

  private:
    double from_;
    double to_;
    SineSquared wave_;
};

/// A straight line from one value to another.
class LineSegment {
  public:
    LineSegment(double from, double to, DoubleDouble length)
        : from_(from), to_(to), length_(length), inverse_(1.0 / length.high) {}

    double operator()(DoubleDouble done, DoubleDouble left) const {
        return weighted_mean(from_, share(left), to_, share(done));
    }

  private:
    /// part / length
    double share(DoubleDouble part) const {
        const double quotient = part.high / length_.high;
        return quotient + (part.low - quotient * length_.low) * inverse_;
    }

    double from_;
    double to_;
    DoubleDouble length_;
    double inverse_;
};

/// One side of a triangle from `foot` towards `tip`, which it reaches if `height` is 1.
class TriangleSide {
  public:
    TriangleSide(double foot, double tip, double length, double height, bool rising)
        : foot_(foot), tip_(tip), length_(length), height_(height), rising_(rising) {}

    double operator()(DoubleDouble done, DoubleDouble left) const {
        const double x = (rising_ ? done.high : left.high) / length_ * height_;
        return weighted_mean(foot_, 1.0 - x, tip_, x);
    }

  private:
    double foot_;
    double tip_;
    double length_;
    double height_;
    bool rising_;
};

/// float64 represents every step up to this one exactly.
inline constexpr std::int64_t exact_steps = std::int64_t{1} << 53;

/// Begin and end of a curve in steps, not necessarily whole.
struct Interval {
    DoubleDouble begin;
    DoubleDouble end;

    DoubleDouble length() const { return end - begin; }
    DoubleDouble done(double step) const { return sloppy_sub({step, 0.0}, begin); }
    DoubleDouble left(double step) const { return sloppy_sub(end, {step, 0.0}); }
};

/// out[i] = curve(done, left) at step first + i, vectorized, with the same bits as step by step. No
/// step may be greater than exact_steps.
void write(const CosineSegment& curve, Interval interval, double first, Span<double> out);
void write(const LineSegment& curve, Interval interval, double first, Span<double> out);
void write(const TriangleSide& curve, Interval interval, double first, Span<double> out);

}  // namespace lrcore
