#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/schedules/parts/triangle_wave.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr + (max_lr - base_lr) * cycle(t)
class Cyclic {
  public:
    Cyclic(double base_lr, double max_lr, std::int64_t step_size_up, std::int64_t step_size_down,
           const std::string& mode, double gamma, std::optional<AnySchedule> scale = std::nullopt,
           const std::string& scale_mode = "cycle")
        : base_lr_(not_negative("base_lr", base_lr)),
          max_lr_(greater_than("max_lr", positive("max_lr", max_lr), "base_lr", base_lr)),
          wave_(base_lr_, max_lr_, step_size_up, step_size_down,
                CycleScale(mode, gamma, std::move(scale), scale_mode)) {}

    double operator()(std::int64_t step) const { return wave_(check_step(step)); }

    friend void fill(const Cyclic& cyclic, std::int64_t start, Span<double> out) {
        cyclic.wave_.write(start, out);
    }

    auto fields() const {
        return std::make_tuple(base_lr_, max_lr_, wave_.step_size_up(), wave_.step_size_down(),
                               wave_.scale().mode(), wave_.scale().gamma(),
                               wave_.scale().schedule(), wave_.scale().scale_mode());
    }

  private:
    double base_lr_;
    double max_lr_;
    TriangleWave wave_;
};

}  // namespace lrcore
