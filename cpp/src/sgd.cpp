#include "lrcore/sgd.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "lrcore/memory_overlap.hpp"
#include "lrcore/thread_pool.hpp"
#include "lrcore/validate.hpp"
#include "sgd_kernel.hpp"

namespace lrcore {
namespace {

// Starting and joining a thread costs about 30 us, in which one thread updates some 2^17 elements.
// With four times as many for each, a machine without a free core loses little and another gains.
constexpr std::size_t elements_per_thread = std::size_t{1} << 19;
constexpr std::size_t cache_line_bytes = 64;

void check_size(const char* list, std::size_t index, std::size_t size, std::size_t expected) {
    if (size == expected) return;
    const std::string position = "[" + std::to_string(index) + "]";
    require(false, list + position,
            "have the " + std::to_string(expected) + " elements of params" + position,
            static_cast<std::int64_t>(size));
}

template <class T>
void check_sizes(const std::vector<SgdTensor<T>>& tensors, bool has_momentum) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::size_t size = tensors[i].param.size();
        check_size("grads", i, tensors[i].grad.size(), size);
        if (has_momentum) check_size("buffers", i, tensors[i].buffer.size(), size);
    }
}

template <class T>
MemoryRange memory_range(const char* list, std::size_t index, Span<T> elements, bool is_written) {
    return {list, index, reinterpret_cast<std::uintptr_t>(elements.begin()),
            reinterpret_cast<std::uintptr_t>(elements.end()), is_written};
}

template <class T>
void check_memory(const std::vector<SgdTensor<T>>& tensors) {
    std::vector<MemoryRange> ranges;
    ranges.reserve(3 * tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        ranges.push_back(memory_range("params", i, tensors[i].param, true));
        ranges.push_back(memory_range("grads", i, tensors[i].grad, false));
        ranges.push_back(memory_range("buffers", i, tensors[i].buffer, true));
    }
    check_no_overlap(std::move(ranges));
}

template <class T>
SgdScalars<T> rounded(const SgdOptions& options) {
    MomentumKind kind = MomentumKind::none;
    if (options.momentum > 0.0) {
        kind = options.nesterov ? MomentumKind::nesterov : MomentumKind::heavy_ball;
    }
    return {static_cast<T>(options.lr), static_cast<T>(options.momentum),
            static_cast<T>(options.weight_decay), kind};
}

std::size_t thread_count(std::size_t elements, std::size_t blocks, std::int64_t requested) {
    if (requested > 0) return std::min(blocks, static_cast<std::size_t>(requested));
    const std::size_t worthwhile = elements / elements_per_thread;
    if (worthwhile <= 1) return 1;
    return std::min(worthwhile, static_cast<std::size_t>(num_threads()));
}

/// Updates elements [begin, end) of the tensors laid end to end.
template <class T>
void update_range(const std::vector<SgdTensor<T>>& tensors, std::size_t begin, std::size_t end,
                  const SgdScalars<T>& scalars) noexcept {
    std::size_t offset = 0;
    for (const SgdTensor<T>& tensor : tensors) {
        const std::size_t size = tensor.param.size();
        const std::size_t first = std::clamp(begin, offset, offset + size) - offset;
        const std::size_t last = std::clamp(end, offset, offset + size) - offset;
        T* buffer = tensor.buffer.size() == 0 ? nullptr : tensor.buffer.data() + first;
        sgd_kernel(tensor.param.data() + first, tensor.grad.data() + first, buffer, last - first,
                   scalars);
        offset += size;
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
}

template <class T>
void sgd_step(const std::vector<SgdTensor<T>>& tensors, const SgdOptions& options) {
    check_options(options);
    check_sizes(tensors, options.momentum > 0.0);
    check_memory(tensors);

    std::size_t elements = 0;
    for (const SgdTensor<T>& tensor : tensors) elements += tensor.param.size();
    if (elements == 0) return;
    const SgdScalars<T> scalars = rounded<T>(options);
    // Threads share out blocks, not elements, so as not to write to each other's cache lines.
    constexpr std::size_t block = cache_line_bytes / sizeof(T);
    const std::size_t blocks = (elements + block - 1) / block;
    const std::size_t threads = thread_count(elements, blocks, options.num_threads);
    const auto boundary = [=](std::size_t thread) {
        return std::min(elements, blocks * thread / threads * block);
    };
    run_tasks(threads, threads, [&](std::size_t thread) noexcept {
        update_range(tensors, boundary(thread), boundary(thread + 1), scalars);
    });
}

template void sgd_step(const std::vector<SgdTensor<float>>&, const SgdOptions&);
template void sgd_step(const std::vector<SgdTensor<double>>&, const SgdOptions&);

}  // namespace lrcore
