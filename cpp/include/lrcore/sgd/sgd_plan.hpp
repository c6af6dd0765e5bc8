#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lrcore/sgd/memory_overlap.hpp"
#include "lrcore/sgd/sgd.hpp"
#include "lrcore/support/span.hpp"

namespace lrcore {

/// Elements [begin, end) of one tensor.
struct Segment {
    std::size_t tensor;
    std::size_t begin;
    std::size_t end;
};

/// Tensors laid end to end and cut into tasks of about equal work.
///
/// The cuts depend on the sizes alone, never on the number of threads, and lie at whole cache lines
/// from a tensor's begin, so that no two tasks write to one line of an aligned tensor.
class TaskPartition {
  public:
    TaskPartition() = default;
    explicit TaskPartition(const std::vector<std::size_t>& sizes);

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

/// A tensor and the index of its options.
struct GroupedTensor {
    SgdTensor tensor;
    std::size_t group = 0;
};

/// Updates many tensors at once, step after step. Keeps what depends only on their addresses and
/// sizes between steps: the partition into tasks, and whether their memory overlaps.
///
/// Results have the same bits for every number of threads. Tensors may overlap each other, as tied
/// weights do; they are then updated in order on one thread.
class SgdPlan {
  public:
    /// Takes the tensors of the next step. Returns the indices of tensors that are skipped because
    /// their own arrays overlap each other; valid until the next call.
    const std::vector<std::size_t>& assign(Span<const GroupedTensor> tensors);

    /// sqrt(sum of (grad_factor * grad)^2), in float64, over all gradients.
    double grad_norm(double grad_factor, std::int64_t num_threads);

    /// One update of every tensor with the options of its group. Returns the number of gradient
    /// elements that are inf or NaN in the groups that count them.
    ///
    /// Uses the number of threads of the first options. Throws argument_error, and then changes
    /// nothing, for options out of range, a group without options, momentum without a buffer, and
    /// gradients to be written that overlap each other.
    std::size_t step(Span<const SgdOptions> options);

  private:
    bool take_gradients(Span<const GroupedTensor> tensors);
    void rebuild(Span<const GroupedTensor> tensors);
    void check(Span<const SgdOptions> options);
    void check_gradients_are_apart(GradAfter after);
    std::size_t update(Span<const Segment> segments, Span<const SgdOptions> options) const;
    std::size_t threads(std::int64_t requested) const;

    std::vector<GroupedTensor> tensors_;
    std::vector<std::size_t> left_out_;
    TaskPartition tasks_;
    WriteSet written_;
    bool overlaps_ = false;
    bool gradients_overlap_ = false;
    bool gradients_overlap_known_ = false;
    std::vector<double> partial_sums_;
};

}  // namespace lrcore
