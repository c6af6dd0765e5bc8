#pragma once

#include <cstddef>
#include <cstdint>

#include "lrcore/support/span.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

// A schedule is an immutable value with
//     double operator()(std::int64_t step) const;   a pure function, defined for every step >= 0
//     auto fields() const;                          its constructor's arguments, as a tuple
// and, if many steps at once are faster than one by one, an overload of fill().

inline std::int64_t check_step(std::int64_t step) {
    if (step < 0) require(false, "step", "not be negative", step);
    return step;
}

/// out[i] = schedule(start + i).
template <class Schedule>
void fill(const Schedule& schedule, std::int64_t start, Span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = schedule(start + static_cast<std::int64_t>(i));
    }
}

}  // namespace lrcore
