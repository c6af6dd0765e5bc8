#include "lrcore/memory_overlap.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace lrcore {
namespace {

bool reaches_further(const MemoryRange& range, const MemoryRange* other) {
    return other == nullptr || range.end > other->end;
}

[[noreturn]] void reject(const MemoryRange& first, const MemoryRange& second) {
    throw std::invalid_argument(first.name() + " overlaps " + second.name());
}

}  // namespace

void check_no_overlap(std::vector<MemoryRange> ranges) {
    const auto is_empty = [](const MemoryRange& range) { return range.begin == range.end; };
    ranges.erase(std::remove_if(ranges.begin(), ranges.end(), is_empty), ranges.end());
    // Stable, so that of two arrays in one place the caller's first is named first.
    std::stable_sort(ranges.begin(), ranges.end(),
                     [](const auto& a, const auto& b) { return a.begin < b.begin; });

    const MemoryRange* furthest = nullptr;
    const MemoryRange* furthest_written = nullptr;
    for (const MemoryRange& range : ranges) {
        const MemoryRange* other = range.is_written ? furthest : furthest_written;
        if (other != nullptr && range.begin < other->end) reject(*other, range);
        if (reaches_further(range, furthest)) furthest = &range;
        if (range.is_written && reaches_further(range, furthest_written)) furthest_written = &range;
    }
}

}  // namespace lrcore
