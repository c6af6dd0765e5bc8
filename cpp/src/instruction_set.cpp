#include "instruction_set.hpp"

namespace lrcore {

std::vector<InstructionSet> available_instruction_sets() {
    std::vector<InstructionSet> available{InstructionSet::baseline};
#ifdef LRCORE_TARGETS_INSTRUCTION_SETS
    if (__builtin_cpu_supports("x86-64-v3")) available.push_back(InstructionSet::avx2);
    if (__builtin_cpu_supports("x86-64-v4")) available.push_back(InstructionSet::avx512);
#endif
    return available;
}

}  // namespace lrcore
