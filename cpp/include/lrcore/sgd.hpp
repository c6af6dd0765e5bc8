#pragma once

#include <cstdint>
#include <vector>

#include "lrcore/span.hpp"

namespace lrcore {

struct SgdOptions {
    double lr = 0.0;
    double momentum = 0.0;
    double weight_decay = 0.0;
    bool nesterov = false;
    std::int64_t num_threads = 0;  // 0: chosen by the number of elements
};

/// std::invalid_argument for an option out of range.
void check_options(const SgdOptions& options);

/// One parameter with its gradient and momentum buffer, of equal sizes (no buffer without
/// momentum).
template <class T>
struct SgdTensor {
    Span<T> param;
    Span<const T> grad;
    Span<T> buffer;
};

/// One update in place of every tensor, with float or double elements:
///
///     g = grad + weight_decay * param
///     buffer = momentum * buffer + g
///     param -= lr * (g + momentum * buffer)   nesterov
///     param -= lr * buffer                    momentum alone
///     param -= lr * g                         no momentum
///
/// The options are rounded to T first. The result has the same bits for every number of threads and
/// on every CPU. Throws std::invalid_argument, and then changes nothing, for options out of range,
/// sizes that differ, and a written array that overlaps another.
template <class T>
void sgd_step(const std::vector<SgdTensor<T>>& tensors, const SgdOptions& options);

}  // namespace lrcore
