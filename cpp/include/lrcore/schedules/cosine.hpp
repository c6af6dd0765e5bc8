#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/numerics/double_double.hpp"
#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/numerics/powers.hpp"
#include "lrcore/numerics/sine_squared.hpp"
#include "lrcore/schedules/parts/curves.hpp"
#include "lrcore/schedules/parts/end_policy.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = min_lr + (base_lr - min_lr) * sin^2(pi/2 * (1 - (t / decay_steps)^k))^exponent to t =
/// decay_steps, continued as `end` says
class Cosine {
  public:
    Cosine(double base_lr, std::int64_t decay_steps, double min_lr, double exponent, double k,
           const std::string& end = "hold")
        : base_lr_(positive("base_lr", base_lr)),
          decay_steps_(at_least(1, "decay_steps", decay_steps)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)),
          exponent_(positive("exponent", exponent)),
          k_(positive("k", k)),
          end_policy_(decay_steps_, end),
          wave_(base_lr_, min_lr_, SineSquared(double_double(decay_steps_))) {}

    double operator()(std::int64_t step) const {
        return to_the_bottom(run_at(check_step(step)).begin);
    }

    friend void fill(const Cosine& cosine, std::int64_t start, Span<double> out) {
        fill_runs(
            start, out, [&](std::int64_t step) { return cosine.run_at(step); },
            [&](std::int64_t begin, Span<double> part) { cosine.write_down(begin, part); });
    }

    auto fields() const {
        return std::make_tuple(base_lr_, decay_steps_, min_lr_, exponent_, k_, end_policy_.name());
    }

  private:
    EndPolicy::Run run_at(std::int64_t step) const {
        if (end_policy_.refuses(step)) {
            require(false, "step", "not be greater than decay_steps=" + repr(decay_steps_), step);
        }
        return end_policy_.run_at(step);
    }

    double to_the_bottom(std::int64_t step) const {
        if (!is_standard()) return warped(step);
        return wave_(double_double(step), double_double(decay_steps_ - step));
    }

    /// out[i] = to_the_bottom(begin + i)
    void write_down(std::int64_t begin, Span<double> out) const {
        if (is_standard() && decay_steps_ <= exact_steps) {
            write(wave_, {{0.0, 0.0}, double_double(decay_steps_)}, static_cast<double>(begin),
                  out);
            return;
        }
        for (double& lr : out) lr = to_the_bottom(begin++);
    }

    bool is_standard() const { return exponent_ == 1.0 && k_ == 1.0; }

    double warped(std::int64_t step) const {
        if (step == decay_steps_) return min_lr_;
        return interpolate(min_lr_, base_lr_, dd_pow(half_wave(step), exponent_));
    }

    DoubleDouble half_wave(std::int64_t step) const {
        const DoubleDouble done = double_double(step);
        const DoubleDouble left = double_double(decay_steps_ - step);
        const DoubleDouble whole = double_double(decay_steps_);
        if (k_ == 1.0) return dd_sine_squared(left / whole, done / whole);
        const DoubleDouble x = dd_one_minus_pow(done.high, left.high, whole.high, k_);
        return dd_sine_squared(x, DoubleDouble{1.0, 0.0} - x);
    }

    double base_lr_;
    std::int64_t decay_steps_;
    double min_lr_;
    double exponent_;
    double k_;
    EndPolicy end_policy_;
    CosineSegment wave_;
};

}  // namespace lrcore
