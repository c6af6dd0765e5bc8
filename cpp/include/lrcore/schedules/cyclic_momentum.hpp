#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "lrcore/schedules/parts/triangle_wave.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// momentum(t) = max_momentum - (max_momentum - base_momentum) * cycle(t)
class CyclicMomentum {
  public:
    CyclicMomentum(double base_momentum, double max_momentum, std::int64_t step_size_up,
                   std::int64_t step_size_down, const std::string& mode, double gamma,
                   std::optional<AnySchedule> scale = std::nullopt,
                   const std::string& scale_mode = "cycle")
        : max_momentum_(fraction("max_momentum", max_momentum)),
          base_momentum_(not_greater_than("base_momentum", fraction("base_momentum", base_momentum),
                                          "max_momentum", max_momentum)),
          wave_(max_momentum_, base_momentum_, step_size_up, step_size_down,
                CycleScale(mode, gamma, std::move(scale), scale_mode)) {}

    double operator()(std::int64_t step) const { return wave_(check_step(step)); }

    friend void fill(const CyclicMomentum& momentum, std::int64_t start, Span<double> out) {
        momentum.wave_.write(start, out);
    }

    auto fields() const {
        return std::make_tuple(base_momentum_, max_momentum_, wave_.step_size_up(),
                               wave_.step_size_down(), wave_.scale().mode(), wave_.scale().gamma(),
                               wave_.scale().schedule(), wave_.scale().scale_mode());
    }

  private:
    double max_momentum_;
    double base_momentum_;
    TriangleWave wave_;
};

}  // namespace lrcore
