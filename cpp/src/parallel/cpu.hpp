#pragma once

#include <cstdint>
#include <vector>

// Functions with one of these attributes are compiled for that instruction set, with everything
// that is inlined into them. The always_inline templates they share must be compiled for no more
// than they are, which rules out a build whose own target goes beyond the plain x86-64.
#if __GNUC__ >= 12 && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__SSE3__)
#define LRCORE_TARGETS_INSTRUCTION_SETS
#define LRCORE_AVX2 __attribute__((target("arch=x86-64-v3")))
#define LRCORE_AVX512 __attribute__((target("arch=x86-64-v4")))
#else
#define LRCORE_AVX2
#define LRCORE_AVX512
#endif

namespace lrcore {

/// Number of cores that this process may use, at least 1.
std::int64_t usable_cores();

/// Core that the calling thread runs on, or -1 if unknown.
int current_core();

/// Moves the calling thread to another core than `core`; false if it may use no other.
bool leave_core(int core);

/// Instruction sets that kernels are compiled for. Contraction to fused multiply-adds is off (see
/// CMakeLists.txt), so all of them give the same bits.
enum class InstructionSet { baseline, avx2, avx512 };

/// Instruction sets of this build that this CPU supports, the best last.
std::vector<InstructionSet> available_instruction_sets();

}  // namespace lrcore
