#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lrcore/increasing_steps.hpp"
#include "lrcore/validate.hpp"

namespace lrcore {

/// The learning rates themselves, if there is at least one and none is negative or not finite.
inline std::vector<double> checked_lrs(std::vector<double> lrs) {
    count_of_at_least(1, "len(lrs)", static_cast<std::int64_t>(lrs.size()));
    for (std::size_t i = 0; i < lrs.size(); ++i) not_negative(item("lrs", i), lrs[i]);
    return lrs;
}

}  // namespace lrcore
