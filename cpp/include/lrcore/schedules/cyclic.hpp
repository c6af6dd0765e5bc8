#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "lrcore/cycle.hpp"
#include "lrcore/interpolate.hpp"
#include "lrcore/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr + (max_lr - base_lr) * cycle(t)
class Cyclic {
  public:
    Cyclic(double base_lr, double max_lr, std::int64_t step_size_up, std::int64_t step_size_down,
           const std::string& mode, double gamma)
        : base_lr_(positive("base_lr", base_lr)),
          max_lr_(greater_than("max_lr", positive("max_lr", max_lr), "base_lr", base_lr)),
          cycle_(step_size_up, step_size_down, mode, gamma) {}

    double operator()(std::int64_t step) const {
        return interpolate(base_lr_, max_lr_, cycle_(check_step(step)));
    }

    auto fields() const {
        return std::make_tuple(base_lr_, max_lr_, cycle_.step_size_up(), cycle_.step_size_down(),
                               cycle_.mode(), cycle_.gamma());
    }

  private:
    double base_lr_;
    double max_lr_;
    Cycle cycle_;
};

}  // namespace lrcore
