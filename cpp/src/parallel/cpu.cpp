#include "parallel/cpu.hpp"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <thread>

namespace lrcore {

#ifdef __linux__

std::int64_t usable_cores() {
    // std::thread::hardware_concurrency() counts all that are online with most versions of glibc.
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
    return std::max(1u, std::thread::hardware_concurrency());
}

int current_core() { return sched_getcpu(); }

bool leave_core(int core) {
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) != 0) return false;
    cpu_set_t others = all;
    CPU_CLR(static_cast<std::size_t>(core), &others);
    // Fails if no core is left.
    if (sched_setaffinity(0, sizeof others, &others) != 0) return false;
    sched_setaffinity(0, sizeof all, &all);
    return true;
}

#else

std::int64_t usable_cores() { return std::max(1u, std::thread::hardware_concurrency()); }
int current_core() { return -1; }
bool leave_core(int /*core*/) { return false; }

#endif

std::vector<InstructionSet> available_instruction_sets() {
    std::vector<InstructionSet> available{InstructionSet::baseline};
#ifdef LRCORE_TARGETS_INSTRUCTION_SETS
    if (__builtin_cpu_supports("x86-64-v3")) available.push_back(InstructionSet::avx2);
    if (__builtin_cpu_supports("x86-64-v4")) available.push_back(InstructionSet::avx512);
#endif
    return available;
}

}  // namespace lrcore
