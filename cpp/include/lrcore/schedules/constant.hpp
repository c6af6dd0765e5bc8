#pragma once

#include <cstdint>
#include <tuple>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = lr
class Constant {
  public:
    explicit Constant(double lr) : lr_(positive("lr", lr)) {}

    double operator()(std::int64_t step) const {
        check_step(step);
        return lr_;
    }

    auto fields() const { return std::make_tuple(lr_); }

  private:
    double lr_;
};

}  // namespace lrcore
