#pragma once

#include <cstdint>

namespace lrcore {

/// The number of cores that the system lets this process use, at least 1.
std::int64_t usable_cores();

/// The core that the calling thread runs on, or -1 where the system does not tell.
int current_core();

/// Moves the calling thread to another core than `core`; false if it may use no other.
bool leave_core(int core);

}  // namespace lrcore
