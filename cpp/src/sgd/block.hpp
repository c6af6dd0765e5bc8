#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "lrcore/sgd/sgd.hpp"
#include "sgd/half_precision.hpp"
#include "sgd/nonfinite.hpp"
#include "sgd/recurrence.hpp"

namespace lrcore {

/// One block of every array fits in L1, so the passes beside the recurrence re-read cache, not
/// memory.
constexpr std::size_t block_size = 1024;

template <class Element>
constexpr bool is_half = sizeof(Element) == 2;

/// The type that the recurrence of an element computes in.
template <class Element>
using Wide = std::conditional_t<is_half<Element>, float, Element>;

template <class Half>
[[gnu::always_inline]] inline void widen(const Half* __restrict from, float* __restrict to,
                                         std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) to[i] = widened(from[i]);
}

template <class Half>
[[gnu::always_inline]] inline void narrow(const float* __restrict from, Half* __restrict to,
                                          std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) to[i] = narrowed<Half>(from[i]);
}

/// Pointers to one block of a tensor's arrays; null for an array that the tensor does not have.
template <class Element>
struct SgdBlock {
    SgdBlock(const SgdTensor& tensor, std::size_t at, std::size_t count)
        : param(from<Element>(tensor.param, at)),
          grad(from<Element>(tensor.grad, at)),
          buffer(from<Wide<Element>>(tensor.buffer, at)),
          master(from<Wide<Element>>(tensor.master, at)),
          average(from<Wide<Element>>(tensor.average, at)),
          size(count) {}

    Element* param;
    Element* grad;
    Wide<Element>* buffer;
    Wide<Element>* master;
    Wide<Element>* average;
    std::size_t size;

  private:
    template <class T>
    static T* from(void* array, std::size_t at) {
        return array == nullptr ? nullptr : static_cast<T*>(array) + at;
    }
};

/// Scratch space for a block of 16-bit weights and gradients in float32.
template <class Element>
struct Scratch {
    static constexpr std::size_t size = is_half<Element> ? block_size : 1;
    Wide<Element> weights[size];
    Wide<Element> grad[size];
};

/// Updates the weights of a block; returns the new ones in the wide type.
template <class Element>
[[gnu::always_inline]] inline const Wide<Element>* update_weights(
    const SgdBlock<Element>& block, const Recurrence& recurrence,
    const SgdScalars<Wide<Element>>& scalars, [[maybe_unused]] Scratch<Element>& scratch) {
    if constexpr (is_half<Element>) {
        float* weights = block.master;
        if (weights == nullptr) {
            weights = scratch.weights;
            widen(block.param, weights, block.size);
        }
        widen(block.grad, scratch.grad, block.size);
        update(recurrence, weights, scratch.grad, block.buffer, block.size, scalars);
        narrow(weights, block.param, block.size);
        const bool are_rounded = block.master == nullptr;
        if (are_rounded && block.average != nullptr) widen(block.param, weights, block.size);
        return weights;
    } else {
        update(recurrence, block.param, block.grad, block.buffer, block.size, scalars);
        return block.param;
    }
}

template <class Element>
[[gnu::always_inline]] inline void scale(Element* grad, std::size_t size, Wide<Element> factor) {
    for (std::size_t i = 0; i < size; ++i) {
        if constexpr (is_half<Element>) {
            grad[i] = narrowed<Element>(factor * widened(grad[i]));
        } else {
            grad[i] *= factor;
        }
    }
}

template <class Element>
[[gnu::always_inline]] inline void leave_grad(GradAfter grad_after, Element* grad, std::size_t size,
                                              Wide<Element> factor) {
    switch (grad_after) {
        case GradAfter::kept:
            return;
        case GradAfter::scaled:
            return scale(grad, size, factor);
        case GradAfter::zeroed:
            std::memset(grad, 0, size * sizeof(Element));
    }
}

/// The whole update of a block; returns the number of gradients that are infinite or NaN, if asked.
template <class Element>
[[gnu::always_inline]] inline std::size_t update_block(const SgdBlock<Element>& block,
                                                       const Recurrence& recurrence,
                                                       const SgdOptions& options,
                                                       const SgdScalars<Wide<Element>>& scalars,
                                                       Scratch<Element>& scratch) {
    const Wide<Element>* weights = update_weights(block, recurrence, scalars, scratch);
    if (block.average != nullptr) {
        average(recurrence.first_average, block.average, weights, block.size, scalars);
    }
    const std::size_t nonfinite =
        options.count_nonfinite ? count_nonfinite(block.grad, block.size) : 0;
    leave_grad(options.grad_after, block.grad, block.size, scalars.grad_factor);
    return nonfinite;
}

}  // namespace lrcore
