#pragma once

#include <cstdint>
#include <tuple>

#include "lrcore/numerics/powers.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base_lr * gamma^floor(t / step_size)
class Step {
  public:
    Step(double base_lr, std::int64_t step_size, double gamma)
        : base_lr_(positive("base_lr", base_lr)),
          step_size_(at_least(1, "step_size", step_size)),
          gamma_(not_negative("gamma", gamma)) {}

    double operator()(std::int64_t step) const {
        return geometric(base_lr_, gamma_, static_cast<double>(check_step(step) / step_size_));
    }

    auto fields() const { return std::make_tuple(base_lr_, step_size_, gamma_); }

  private:
    double base_lr_;
    std::int64_t step_size_;
    double gamma_;
};

}  // namespace lrcore
