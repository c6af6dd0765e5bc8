#pragma once

#include <cstdint>

namespace lrcore {

/// The number of cores that the system lets this process use, at least 1.
std::int64_t usable_cores();

}  // namespace lrcore
