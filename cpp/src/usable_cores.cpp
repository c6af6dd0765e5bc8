#include "usable_cores.hpp"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <thread>

namespace lrcore {

std::int64_t usable_cores() {
#ifdef __linux__
    // std::thread::hardware_concurrency() counts all that are online with most versions of glibc.
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
    return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace lrcore
