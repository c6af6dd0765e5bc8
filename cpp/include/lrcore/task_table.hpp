#pragma once

#include <cstddef>
#include <vector>

#include "lrcore/span.hpp"

namespace lrcore {

/// Elements [begin, end) of one tensor of a list.
struct Segment {
    std::size_t tensor;
    std::size_t begin;
    std::size_t end;
};

/// Tensors laid end to end and cut into tasks of about equal work.
///
/// The cuts depend on the sizes alone, never on the number of threads, and lie at whole cache lines
/// from a tensor's begin, so that no two tasks write to one line of an aligned tensor.
class TaskTable {
  public:
    TaskTable() = default;
    explicit TaskTable(const std::vector<std::size_t>& sizes);

    std::size_t size() const { return begins_.size(); }
    std::size_t elements() const { return elements_; }
    Span<const Segment> operator[](std::size_t task) const;

  private:
    void append(std::size_t tensor, std::size_t size);

    std::vector<Segment> segments_;
    std::vector<std::size_t> begins_;  // of each task, in segments_
    std::size_t elements_ = 0;
    std::size_t room_ = 0;  // left in the last task
};

}  // namespace lrcore
