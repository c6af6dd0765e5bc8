#include "lrcore/sgd/sgd.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "lrcore/sgd/memory_overlap.hpp"
#include "lrcore/sgd/sgd_plan.hpp"
#include "lrcore/support/validate.hpp"
#include "sgd/tensor_memory.hpp"

namespace lrcore {
namespace {

MemoryRange memory_range(const char* list, std::size_t index, const void* data, std::size_t bytes,
                         bool is_written) {
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    return {list, index, begin, data == nullptr ? begin : begin + bytes, is_written};
}

/// A multiplier of float32 parameters must be finite in float32, or 0 times it would be NaN.
void not_negative_float32(const char* name, double value) {
    not_negative(name, value);
    constexpr double largest = std::numeric_limits<float>::max();
    require(value <= largest, name, "be at most float32's largest number", value);
}

void check_memory(const std::vector<SgdTensor>& tensors, bool writes_grads) {
    std::vector<MemoryRange> ranges;
    ranges.reserve(5 * tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const SgdTensor& tensor = tensors[i];
        const std::size_t size = param_bytes(tensor), wide = wide_bytes(tensor);
        ranges.push_back(memory_range("params", i, tensor.param, size, true));
        ranges.push_back(memory_range("grads", i, tensor.grad, size, writes_grads));
        ranges.push_back(memory_range("buffers", i, tensor.buffer, wide, true));
        ranges.push_back(memory_range("masters", i, tensor.master, wide, true));
        ranges.push_back(memory_range("averages", i, tensor.average, wide, true));
    }
    check_no_overlap(std::move(ranges));
}

}  // namespace

void check_options(const SgdOptions& options) {
    not_negative_float32("lr", options.lr);
    not_negative_float32("momentum", options.momentum);
    require(std::isfinite(options.dampening), "dampening", "be a finite number", options.dampening);
    not_negative_float32("weight_decay", options.weight_decay);
    require(options.ema_decay >= 0.0 && options.ema_decay <= 1.0, "ema_decay",
            "be at least 0 and at most 1", options.ema_decay);
    require(options.num_threads >= 0, "num_threads", "not be negative", options.num_threads);
    require(!options.nesterov || options.momentum > 0.0, "momentum",
            "be greater than 0 with nesterov", options.momentum);
    require(!options.nesterov || options.dampening == 0.0, "dampening", "be 0 with nesterov",
            options.dampening);
}

std::size_t sgd_step(const std::vector<SgdTensor>& tensors, const SgdOptions& options) {
    check_options(options);
    check_memory(tensors, options.grad_after != GradAfter::kept);
    std::vector<GroupedTensor> grouped;
    grouped.reserve(tensors.size());
    for (const SgdTensor& tensor : tensors) grouped.push_back({tensor, 0});
    SgdPlan plan;
    plan.assign({grouped.data(), grouped.size()});
    return plan.step({&options, 1});
}

}  // namespace lrcore
