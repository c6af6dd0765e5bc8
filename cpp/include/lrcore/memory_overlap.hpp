#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lrcore {

/// The bytes that an array covers, and what to call it in an error.
struct MemoryRange {
    const char* list;
    std::size_t index;
    std::uintptr_t begin;
    std::uintptr_t end;
    bool is_written;

    std::string name() const { return std::string(list) + "[" + std::to_string(index) + "]"; }
};

/// std::invalid_argument "params[0] overlaps buffers[1]" if a written range overlaps any other.
void check_no_overlap(std::vector<MemoryRange> ranges);

}  // namespace lrcore
