#pragma once

#include <cstdint>

#include "lrcore/interpolate.hpp"
#include "lrcore/sine_squared.hpp"
#include "lrcore/span.hpp"

namespace lrcore {

// The curves that schedules are made of: functions of the steps done since a curve began and of
// those left to its end. They neither branch nor call, so that a loop over one can be compiled for
// vectors.

/// Half a cosine wave from one value to another.
class WaveBetween {
  public:
    WaveBetween(double from, double to, double length) : from_(from), to_(to), wave_(length) {}

    double operator()(double done, double left) const {
        const HalfWave::Weights weights = wave_(left, done);
        return weighted_mean(from_, weights.of_part, to_, weights.of_rest);
    }

  private:
    double from_;
    double to_;
    HalfWave wave_;
};

/// A straight line from one value to another.
class LineBetween {
  public:
    LineBetween(double from, double to, double length) : from_(from), to_(to), length_(length) {}

    double operator()(double done, double left) const {
        return weighted_mean(from_, left / length_, to_, done / length_);
    }

  private:
    double from_;
    double to_;
    double length_;
};

/// One side of a triangle that stands on `foot` and would have its tip at `tip`, were its height 1.
class TriangleSide {
  public:
    TriangleSide(double foot, double tip, double length, double height, bool rising)
        : foot_(foot), tip_(tip), length_(length), height_(height), rising_(rising) {}

    double operator()(double done, double left) const {
        const double x = (rising_ ? done : left) / length_ * height_;
        return weighted_mean(foot_, 1.0 - x, tip_, x);
    }

  private:
    double foot_;
    double tip_;
    double length_;
    double height_;
    bool rising_;
};

/// Up to here, float64 counts steps exactly.
inline constexpr std::int64_t exact_steps = std::int64_t{1} << 53;

/// From where to where a curve goes, in steps.
struct Stretch {
    double begin;
    double end;
};

/// out[i] = curve(step - begin, end - step) at step = first + i, in vectors: the same bits as one
/// by one. No step may be greater than exact_steps.
void write(const WaveBetween& curve, Stretch stretch, double first, Span<double> out);
void write(const LineBetween& curve, Stretch stretch, double first, Span<double> out);
void write(const TriangleSide& curve, Stretch stretch, double first, Span<double> out);

}  // namespace lrcore
