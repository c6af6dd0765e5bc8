#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = schedules[0](t) * schedules[1](t) * ..., the largest float64 where that overflows
class Product {
  public:
    explicit Product(std::vector<AnySchedule> schedules) : schedules_(std::move(schedules)) {
        at_least(1, "len(schedules)", static_cast<std::int64_t>(schedules_.size()));
    }

    double operator()(std::int64_t step) const {
        double lr = schedules_[0](step);
        for (std::size_t i = 1; i < schedules_.size(); ++i) lr = times(lr, schedules_[i](step));
        return lr;
    }

    friend void fill(const Product& product, std::int64_t start, Span<double> out) {
        fill(product.schedules_[0], start, out);
        for (std::size_t i = 1; i < product.schedules_.size(); ++i) {
            multiply(product.schedules_[i], start, out);
        }
    }

    auto fields() const { return std::make_tuple(schedules_); }

  private:
    // Clamped after each factor: inf times a later 0 would be NaN.
    static double times(double lr, double factor) {
        return std::min(lr * factor, std::numeric_limits<double>::max());
    }

    static void multiply(const AnySchedule& schedule, std::int64_t start, Span<double> out) {
        std::array<double, 256> factors;
        for (std::size_t done = 0; done < out.size(); done += factors.size()) {
            const std::size_t size = std::min(factors.size(), out.size() - done);
            fill(schedule, start + static_cast<std::int64_t>(done), {factors.data(), size});
            for (std::size_t i = 0; i < size; ++i) out[done + i] = times(out[done + i], factors[i]);
        }
    }

    std::vector<AnySchedule> schedules_;
};

}  // namespace lrcore
