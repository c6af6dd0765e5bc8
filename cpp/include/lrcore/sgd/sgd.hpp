#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lrcore {

enum class ElementType { float32, float64, bfloat16, float16 };

/// Content of the gradient's memory after an update: unchanged, times grad_factor, or zeros.
enum class GradAfter { kept, scaled, zeroed };

struct SgdOptions {
    double lr = 0.0;
    double momentum = 0.0;
    double dampening = 0.0;
    double weight_decay = 0.0;
    bool nesterov = false;
    bool maximize = false;
    double grad_factor = 1.0;  // 1 / loss scale, times the clipping factor; may be 0, inf or NaN
    double ema_decay = 0.0;    // of the tensors that have an average
    GradAfter grad_after = GradAfter::kept;
    bool count_nonfinite = false;
    std::int64_t num_threads = 0;  // 0: chosen by the number of elements
};

/// The arrays of one parameter, each of `size` elements aligned to their type, none overlapping
/// another. "Wide" is float64 for a float64 parameter, else float32.
struct SgdTensor {
    ElementType type = ElementType::float32;  // of param and grad
    std::size_t size = 0;
    void* param = nullptr;
    void* grad = nullptr;         // written only if grad_after is not kept
    void* buffer = nullptr;       // wide momentum; nullptr if there is none
    void* master = nullptr;       // float32 weights of a 16-bit param, or nullptr
    void* average = nullptr;      // wide moving average of the weights, or nullptr
    bool first_momentum = false;  // the buffer holds nothing yet and is not read
    bool first_average = false;   // likewise the average
};

/// Throws argument_error for an option out of range.
void check_options(const SgdOptions& options);

/// One update in place of every tensor:
///
///     g = grad_factor * grad                        -grad_factor * grad to maximize
///     g = g + weight_decay * p                      with weight decay
///     b = momentum * b + (1 - dampening) * g        b = g the first time
///     u = g + momentum * b                          nesterov
///     u = b                                         momentum alone
///     u = g                                         no momentum
///     p = p - lr * u
///     e = ema_decay * e + (1 - ema_decay) * p       e = p the first time
///
/// Options, their differences from 1 and every operation are each rounded once, in the wide type.
/// The p of a 16-bit parameter is its master weight, whose nearest even 16-bit value becomes the
/// parameter. Without one, p is the parameter itself, rounded likewise before e averages it. The
/// result has the same bits for every number of threads and on every CPU (NaN is NaN, with any
/// payload). Returns the number of gradient elements that are inf or NaN, if they are to be
/// counted. Throws argument_error, and then changes nothing, for options out of range, momentum
/// without a buffer, and a written array that overlaps another.
std::size_t sgd_step(const std::vector<SgdTensor>& tensors, const SgdOptions& options);

}  // namespace lrcore
