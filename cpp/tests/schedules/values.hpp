#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

inline constexpr std::int64_t far_step = std::int64_t{1} << 53;
inline constexpr std::int64_t farther_step = std::int64_t{1} << 62;
inline constexpr std::int64_t last_step = std::numeric_limits<std::int64_t>::max();

template <class Schedule>
std::vector<double> values(const Schedule& schedule, std::int64_t start, std::int64_t stop) {
    std::vector<double> out(static_cast<std::size_t>(stop - start));
    fill(schedule, start, {out.data(), out.size()});
    return out;
}

}  // namespace lrcore
