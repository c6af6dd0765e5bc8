#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lrcore/validate.hpp"

namespace lrcore {

/// How messages name an item of a list, such as boundaries[1].
inline std::string item(const std::string& list, std::size_t index) {
    return list + "[" + std::to_string(index) + "]";
}

/// std::invalid_argument unless the steps are at least `least` and each is greater than the one
/// before.
inline void check_increasing(const std::string& name, const std::vector<std::int64_t>& steps,
                             std::int64_t least = 1) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        count_of_at_least(least, item(name, i), steps[i]);
        if (i == 0) continue;
        require(steps[i] > steps[i - 1], item(name, i),
                "be greater than " + item(name, i - 1) + "=" + repr(steps[i - 1]), steps[i]);
    }
}

}  // namespace lrcore
