#include "lrcore/sgd.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include "lrcore/memory_overlap.hpp"
#include "lrcore/validate.hpp"
#include "parallel.hpp"
#include "sgd_kernel.hpp"

namespace lrcore {
namespace {

// Starting and joining a thread costs about 30 us, in which one thread updates some 2^17 elements.
// With four times as many for each, a machine without a free core loses little and another gains.
constexpr std::size_t elements_per_thread = std::size_t{1} << 19;
// Threads share out blocks, not elements, so as not to write to each other's cache lines.
constexpr std::size_t elements_per_block = 64;

std::size_t bytes_of(ElementType type) {
    switch (type) {
        case ElementType::float32:
            return 4;
        case ElementType::float64:
            return 8;
        default:
            return 2;
    }
}

std::size_t wide_bytes_of(ElementType type) { return type == ElementType::float64 ? 8 : 4; }

MemoryRange memory_range(const char* list, std::size_t index, const void* data, std::size_t bytes,
                         bool is_written) {
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    return {list, index, begin, data == nullptr ? begin : begin + bytes, is_written};
}

void check_memory(const std::vector<SgdTensor>& tensors, bool writes_grads) {
    std::vector<MemoryRange> ranges;
    ranges.reserve(5 * tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const SgdTensor& tensor = tensors[i];
        const std::size_t bytes = tensor.size * bytes_of(tensor.type);
        const std::size_t wide_bytes = tensor.size * wide_bytes_of(tensor.type);
        ranges.push_back(memory_range("params", i, tensor.param, bytes, true));
        ranges.push_back(memory_range("grads", i, tensor.grad, bytes, writes_grads));
        ranges.push_back(memory_range("buffers", i, tensor.buffer, wide_bytes, true));
        ranges.push_back(memory_range("masters", i, tensor.master, wide_bytes, true));
        ranges.push_back(memory_range("averages", i, tensor.average, wide_bytes, true));
    }
    check_no_overlap(std::move(ranges));
}

std::size_t thread_count(std::size_t elements, std::size_t blocks, std::int64_t requested) {
    if (requested > 0) return std::min(blocks, static_cast<std::size_t>(requested));
    const std::size_t worthwhile = elements / elements_per_thread;
    if (worthwhile <= 1) return 1;
    return std::min<std::size_t>(worthwhile, std::max(1u, std::thread::hardware_concurrency()));
}

/// Updates elements [begin, end) of the tensors laid end to end.
void update_range(const std::vector<SgdTensor>& tensors, std::size_t begin, std::size_t end,
                  const SgdOptions& options, InstructionSet instructions) noexcept {
    std::size_t offset = 0;
    for (const SgdTensor& tensor : tensors) {
        const std::size_t first = std::clamp(begin, offset, offset + tensor.size) - offset;
        const std::size_t last = std::clamp(end, offset, offset + tensor.size) - offset;
        sgd_update(tensor, first, last, options, instructions);
        offset += tensor.size;
    }
}

}  // namespace

void check_options(const SgdOptions& options) {
    not_negative("lr", options.lr);
    not_negative("momentum", options.momentum);
    not_negative("weight_decay", options.weight_decay);
    require(options.num_threads >= 0, "num_threads", "not be negative", options.num_threads);
    require(!options.nesterov || options.momentum > 0.0, "momentum",
            "be greater than 0 with nesterov", options.momentum);
    require(std::isfinite(options.dampening), "dampening", "be a finite number", options.dampening);
    require(!options.nesterov || options.dampening == 0.0, "dampening", "be 0 with nesterov",
            options.dampening);
    require(options.ema_decay >= 0.0 && options.ema_decay <= 1.0, "ema_decay",
            "be at least 0 and at most 1", options.ema_decay);
}

void sgd_step(const std::vector<SgdTensor>& tensors, const SgdOptions& options) {
    check_options(options);
    check_memory(tensors, options.grad_after != GradAfter::kept);

    std::size_t elements = 0;
    for (const SgdTensor& tensor : tensors) elements += tensor.size;
    if (elements == 0) return;
    const std::size_t blocks = (elements + elements_per_block - 1) / elements_per_block;
    const std::size_t threads = thread_count(elements, blocks, options.num_threads);
    const auto boundary = [=](std::size_t thread) {
        return std::min(elements, blocks * thread / threads * elements_per_block);
    };
    const InstructionSet instructions = available_instruction_sets().back();
    run_in_threads(threads, [&](std::size_t thread) noexcept {
        update_range(tensors, boundary(thread), boundary(thread + 1), options, instructions);
    });
}

}  // namespace lrcore
