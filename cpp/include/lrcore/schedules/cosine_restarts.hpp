#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "lrcore/numerics/interpolate.hpp"
#include "lrcore/numerics/sine_squared.hpp"
#include "lrcore/schedules/parts/warm_restarts.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

enum class Decays { height, peak };
inline constexpr std::array decays_of_peaks{"height", "peak"};

/// lr(t) = min_lr + (base_lr - min_lr) * peak_decay^n * sin^2(pi/2 * left / period), n the cycle
/// of t, period its length and left the steps of it still to come; min_lr after the last cycle.
/// Where the peak decays itself, it is base_lr * peak_decay^n, but not below min_lr.
class CosineRestarts {
  public:
    CosineRestarts(double base_lr, std::int64_t first_period, double period_mult, double peak_decay,
                   double min_lr, std::optional<std::int64_t> cycles = std::nullopt,
                   const std::string& decays = "height")
        : base_lr_(positive("base_lr", base_lr)),
          restarts_(first_period, period_mult),
          peak_decay_(require(peak_decay > 0.0 && peak_decay <= 1.0, "peak_decay",
                              "be greater than 0 and not greater than 1", peak_decay)),
          min_lr_(not_greater_than("min_lr", not_negative("min_lr", min_lr), "base_lr", base_lr)),
          cycles_(cycles),
          decays_(parse_choice<Decays>("decays", decays, decays_of_peaks)) {
        if (cycles_) at_least(1, "cycles", *cycles_);
    }

    double operator()(std::int64_t step) const {
        const WarmRestarts::Place place = restarts_(check_step(step));
        if (cycles_ && place.cycle >= static_cast<double>(*cycles_)) return min_lr_;
        const double decayed = std::pow(peak_decay_, place.cycle);
        const double wave = sine_squared(place.left, place.period);
        if (decays_ == Decays::height) return interpolate(min_lr_, base_lr_, decayed * wave);
        return interpolate(min_lr_, std::max(min_lr_, base_lr_ * decayed), wave);
    }

    auto fields() const {
        return std::make_tuple(base_lr_, restarts_.first_period(), restarts_.period_mult(),
                               peak_decay_, min_lr_, cycles_,
                               std::string(decays_of_peaks[static_cast<std::size_t>(decays_)]));
    }

  private:
    double base_lr_;
    WarmRestarts restarts_;
    double peak_decay_;
    double min_lr_;
    std::optional<std::int64_t> cycles_;
    Decays decays_;
};

}  // namespace lrcore
