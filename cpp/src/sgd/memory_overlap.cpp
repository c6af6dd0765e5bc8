#include "lrcore/sgd/memory_overlap.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

bool reaches_further(const MemoryRange& range, const MemoryRange* other) {
    return other == nullptr || range.end > other->end;
}

[[noreturn]] void reject(const MemoryRange& first, const MemoryRange& second) {
    throw argument_error(first.name(), "overlaps " + second.name());
}

}  // namespace

void check_no_overlap(std::vector<MemoryRange> ranges) {
    const auto is_empty = [](const MemoryRange& range) { return range.begin == range.end; };
    ranges.erase(std::remove_if(ranges.begin(), ranges.end(), is_empty), ranges.end());
    // Stable, so that the caller's order decides which of two arrays at one address is named first.
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

WriteSet::WriteSet(std::vector<Bytes> blocks) : blocks_(std::move(blocks)) {
    const auto is_empty = [](Bytes block) { return block.begin == block.end; };
    blocks_.erase(std::remove_if(blocks_.begin(), blocks_.end(), is_empty), blocks_.end());
    std::sort(blocks_.begin(), blocks_.end(), [](Bytes a, Bytes b) { return a.begin < b.begin; });
    const auto overlap = [](Bytes a, Bytes b) { return a.overlaps(b); };
    has_overlap_ = std::adjacent_find(blocks_.begin(), blocks_.end(), overlap) != blocks_.end();
}

bool WriteSet::overlaps(Bytes other) const {
    // Disjoint blocks sorted by their begin are sorted by their end, too.
    const auto first_behind = std::partition_point(
        blocks_.begin(), blocks_.end(), [=](Bytes block) { return block.end <= other.begin; });
    return first_behind != blocks_.end() && first_behind->overlaps(other);
}

}  // namespace lrcore
