#include "lrcore/sgd/sgd_plan.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>

#include "lrcore/parallel/thread_pool.hpp"
#include "lrcore/support/validate.hpp"
#include "sgd/kernel.hpp"
#include "sgd/tensor_memory.hpp"

namespace lrcore {
namespace {

// Some microseconds of work: enough to hide the cost of handing out a task, few enough to balance
// the threads.
constexpr std::size_t elements_per_task = std::size_t{1} << 15;
// Cost of starting on a tensor, in elements, so tasks of many tiny tensors do not take longer.
constexpr std::size_t elements_per_start = 128;
// A multiple of a cache line for every type of element.
constexpr std::size_t granule = 64;

}  // namespace

TaskPartition::TaskPartition(const std::vector<std::size_t>& sizes) {
    segments_.reserve(sizes.size());
    for (std::size_t tensor = 0; tensor < sizes.size(); ++tensor) append(tensor, sizes[tensor]);
}

void TaskPartition::append(std::size_t tensor, std::size_t size) {
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

Span<const Segment> TaskPartition::operator[](std::size_t task) const {
    const std::size_t begin = begins_[task];
    const std::size_t end = task + 1 < begins_.size() ? begins_[task + 1] : segments_.size();
    return {segments_.data() + begin, end - begin};
}

namespace {

// With fewer elements than this, waking another thread costs more than its help gains.
constexpr std::size_t elements_worth_threads = std::size_t{1} << 18;

InstructionSet best_instruction_set() {
    static const InstructionSet best = available_instruction_sets().back();
    return best;
}

bool differ_in_gradient_alone(const GroupedTensor& a, const GroupedTensor& b) {
    return a.tensor.param == b.tensor.param && a.tensor.buffer == b.tensor.buffer &&
           a.tensor.size == b.tensor.size && a.tensor.type == b.tensor.type &&
           a.tensor.master == b.tensor.master && a.tensor.average == b.tensor.average &&
           a.group == b.group;
}

}  // namespace

const std::vector<std::size_t>& SgdPlan::assign(Span<const GroupedTensor> tensors) {
    const bool is_simple = left_out_.empty() && !overlaps_;
    if (!is_simple || tensors.size() != tensors_.size() || !take_gradients(tensors)) {
        rebuild(tensors);
    }
    return left_out_;
}

/// Takes the new gradients if nothing else changed; false if the plan must be rebuilt.
bool SgdPlan::take_gradients(Span<const GroupedTensor> tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (!differ_in_gradient_alone(tensors[i], tensors_[i])) return false;
        const SgdTensor& tensor = tensors[i].tensor;
        if (tensor.grad != tensors_[i].tensor.grad) {
            if (written_.overlaps(gradient_bytes(tensor))) return false;
            gradients_overlap_known_ = false;
        }
        tensors_[i].tensor = tensor;
    }
    return true;
}

void SgdPlan::rebuild(Span<const GroupedTensor> tensors) {
    tensors_.clear();
    left_out_.clear();
    gradients_overlap_known_ = false;
    std::vector<std::size_t> sizes;
    std::vector<Bytes> written;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const SgdTensor& tensor = tensors[i].tensor;
        if (overlaps_itself(tensor)) {
            left_out_.push_back(i);
            continue;
        }
        tensors_.push_back(tensors[i]);
        sizes.push_back(tensor.size);
        for (const Bytes bytes : written_bytes(tensor)) written.push_back(bytes);
    }
    tasks_ = TaskPartition(sizes);
    written_ = WriteSet(std::move(written));
    const auto is_in_written = [this](const GroupedTensor& grouped) {
        return written_.overlaps(gradient_bytes(grouped.tensor));
    };
    overlaps_ =
        written_.has_overlap() || std::any_of(tensors_.begin(), tensors_.end(), is_in_written);
}

double SgdPlan::grad_norm(double grad_factor, std::int64_t num_threads) {
    partial_sums_.assign(tasks_.size(), 0.0);
    run_tasks(tasks_.size(), threads(num_threads), [&](std::size_t task) noexcept {
        for (const Segment& segment : tasks_[task]) {
            partial_sums_[task] += sum_of_squares(tensors_[segment.tensor].tensor, segment.begin,
                                                  segment.end, grad_factor, best_instruction_set());
        }
    });
    double sum = 0.0;
    for (const double partial_sum : partial_sums_) sum += partial_sum;
    return std::sqrt(sum);
}

void SgdPlan::check(Span<const SgdOptions> options) {
    for (const SgdOptions& group : options) {
        check_options(group);
        if (group.grad_after != GradAfter::kept) check_gradients_are_apart(group.grad_after);
    }
    for (const GroupedTensor& grouped : tensors_) {
        require(grouped.group < options.size(), "options", "hold a value for each group",
                static_cast<std::int64_t>(options.size()));
        const bool has_what_it_needs = grouped.tensor.buffer != nullptr || grouped.tensor.size == 0;
        require(has_what_it_needs || options[grouped.group].momentum == 0.0, "momentum",
                "be 0 without a buffer", options[grouped.group].momentum);
    }
}

/// A gradient shared by two tensors would be scaled twice, or be zeroed before its second use.
void SgdPlan::check_gradients_are_apart(GradAfter after) {
    if (!gradients_overlap_known_) {
        std::vector<Bytes> gradients;
        for (const GroupedTensor& grouped : tensors_) {
            gradients.push_back(gradient_bytes(grouped.tensor));
        }
        gradients_overlap_ = WriteSet(std::move(gradients)).has_overlap();
        gradients_overlap_known_ = true;
    }
    const std::string given = after == GradAfter::scaled ? "scaled" : "zeroed";
    require(!gradients_overlap_, "grad_after", "be 'kept' for gradients that overlap", given);
}

std::size_t SgdPlan::step(Span<const SgdOptions> options) {
    check(options);
    std::atomic<std::size_t> nonfinite{0};
    const std::size_t thread_count =
        overlaps_ || tensors_.empty() ? 1 : threads(options[0].num_threads);
    run_tasks(tasks_.size(), thread_count, [&](std::size_t task) noexcept {
        nonfinite.fetch_add(update(tasks_[task], options), std::memory_order_relaxed);
    });
    for (GroupedTensor& grouped : tensors_) {
        grouped.tensor.first_momentum = grouped.tensor.first_average = false;
    }
    return nonfinite;
}

std::size_t SgdPlan::update(Span<const Segment> segments, Span<const SgdOptions> options) const {
    std::size_t nonfinite = 0;
    for (const Segment& segment : segments) {
        const GroupedTensor& grouped = tensors_[segment.tensor];
        SgdTensor tensor = grouped.tensor;
        if (options[grouped.group].momentum == 0.0) tensor.buffer = nullptr;
        nonfinite += sgd_update(tensor, segment.begin, segment.end, options[grouped.group],
                                best_instruction_set());
    }
    return nonfinite;
}

std::size_t SgdPlan::threads(std::int64_t requested) const {
    if (requested > 0) return static_cast<std::size_t>(requested);
    return tasks_.elements() < elements_worth_threads
               ? 1
               : static_cast<std::size_t>(lrcore::num_threads());
}

}  // namespace lrcore
