#include "lrcore/task_table.hpp"

#include <algorithm>

namespace lrcore {
namespace {

// Some microseconds of work: enough to hide the handing out of a task, little enough to share well.
constexpr std::size_t elements_per_task = std::size_t{1} << 15;
// What starting on a tensor costs, as elements: tasks of many tiny tensors stay as short.
constexpr std::size_t elements_per_start = 128;
// A multiple of a cache line for every type of element.
constexpr std::size_t granule = 64;

}  // namespace

TaskTable::TaskTable(const std::vector<std::size_t>& sizes) {
    segments_.reserve(sizes.size());
    for (std::size_t tensor = 0; tensor < sizes.size(); ++tensor) append(tensor, sizes[tensor]);
}

void TaskTable::append(std::size_t tensor, std::size_t size) {
    elements_ += size;
    for (std::size_t begin = 0; begin < size;) {
        if (room_ == 0) {
            begins_.push_back(segments_.size());
            room_ = elements_per_task;
        }
        const std::size_t whole_granules = (room_ + granule - 1) / granule * granule;
        const std::size_t taken = std::min(size - begin, whole_granules);
        segments_.push_back({tensor, begin, begin + taken});
        begin += taken;
        room_ -= std::min(room_, taken + elements_per_start);
    }
}

Span<const Segment> TaskTable::operator[](std::size_t task) const {
    const std::size_t begin = begins_[task];
    const std::size_t end = task + 1 < begins_.size() ? begins_[task + 1] : segments_.size();
    return {segments_.data() + begin, end - begin};
}

}  // namespace lrcore
