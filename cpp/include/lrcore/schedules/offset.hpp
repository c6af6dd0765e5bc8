#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>

#include "lrcore/schedules/any_schedule.hpp"
#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// lr(t) = base(t + offset), where t + offset is at most the last int64
class Offset {
  public:
    Offset(AnySchedule base, std::int64_t offset)
        : base_(std::move(base)), offset_(at_least(0, "offset", offset)) {}

    double operator()(std::int64_t step) const { return base_(moved(check_step(step))); }

    friend void fill(const Offset& offset, std::int64_t start, Span<double> out) {
        const auto to_last = static_cast<std::size_t>(last_step - offset.moved(start));
        const std::size_t size = std::min(out.size(), to_last);
        fill(offset.base_, offset.moved(start), out.subspan(0, size));
        if (size < out.size()) {
            std::fill(out.begin() + size, out.end(), offset.base_(last_step));
        }
    }

    auto fields() const { return std::make_tuple(base_, offset_); }

  private:
    static constexpr std::int64_t last_step = std::numeric_limits<std::int64_t>::max();

    std::int64_t moved(std::int64_t step) const {
        return step > last_step - offset_ ? last_step : step + offset_;
    }

    AnySchedule base_;
    std::int64_t offset_;
};

}  // namespace lrcore
