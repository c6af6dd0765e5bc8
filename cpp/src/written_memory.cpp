#include "lrcore/written_memory.hpp"

#include <algorithm>
#include <utility>

namespace lrcore {

WrittenMemory::WrittenMemory(std::vector<Bytes> blocks) : blocks_(std::move(blocks)) {
    const auto is_empty = [](Bytes block) { return block.begin == block.end; };
    blocks_.erase(std::remove_if(blocks_.begin(), blocks_.end(), is_empty), blocks_.end());
    std::sort(blocks_.begin(), blocks_.end(), [](Bytes a, Bytes b) { return a.begin < b.begin; });
    const auto overlap = [](Bytes a, Bytes b) { return a.overlaps(b); };
    has_overlap_ = std::adjacent_find(blocks_.begin(), blocks_.end(), overlap) != blocks_.end();
}

bool WrittenMemory::overlaps(Bytes other) const {
    // Blocks that do not overlap are sorted by their ends as well as by their begins.
    const auto first_behind = std::partition_point(
        blocks_.begin(), blocks_.end(), [=](Bytes block) { return block.end <= other.begin; });
    return first_behind != blocks_.end() && first_behind->overlaps(other);
}

}  // namespace lrcore
