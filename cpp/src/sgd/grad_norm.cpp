#include "sgd/grad_norm.hpp"

#include "sgd/half_precision.hpp"

namespace lrcore {
namespace {

// Enough lanes to hide the latency of an addition in every instruction set.
constexpr std::size_t lanes = 32;

[[gnu::always_inline]] inline double exact(float value) { return value; }
[[gnu::always_inline]] inline double exact(double value) { return value; }
[[gnu::always_inline]] inline double exact(Bfloat16 value) { return widened(value); }
[[gnu::always_inline]] inline double exact(Float16 value) { return widened(value); }

/// Element i goes to lane i % lanes, so the summation order does not depend on the vector width.
template <class Element>
[[gnu::always_inline]] inline double sum(const void* grad, std::size_t begin, std::size_t end,
                                         double factor) {
    const Element* values = static_cast<const Element*>(grad) + begin;
    const std::size_t size = end - begin;
    double sums[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const double value = factor * exact(values[i + lane]);
            sums[lane] += value * value;
        }
    }
    for (std::size_t lane = 0; i + lane < size; ++lane) {
        const double value = factor * exact(values[i + lane]);
        sums[lane] += value * value;
    }
    for (std::size_t half = lanes / 2; half > 0; half /= 2) {
        for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    }
    return sums[0];
}

[[gnu::always_inline]] inline double sum_any(const SgdTensor& tensor, std::size_t begin,
                                             std::size_t end, double factor) {
    switch (tensor.type) {
        case ElementType::float32:
            return sum<float>(tensor.grad, begin, end, factor);
        case ElementType::float64:
            return sum<double>(tensor.grad, begin, end, factor);
        case ElementType::bfloat16:
            return sum<Bfloat16>(tensor.grad, begin, end, factor);
        case ElementType::float16:
            return sum<Float16>(tensor.grad, begin, end, factor);
    }
    return 0.0;
}

double sum_baseline(const SgdTensor& tensor, std::size_t begin, std::size_t end, double factor) {
    return sum_any(tensor, begin, end, factor);
}

LRCORE_AVX2
double sum_avx2(const SgdTensor& tensor, std::size_t begin, std::size_t end, double factor) {
    return sum_any(tensor, begin, end, factor);
}

LRCORE_AVX512
double sum_avx512(const SgdTensor& tensor, std::size_t begin, std::size_t end, double factor) {
    return sum_any(tensor, begin, end, factor);
}

}  // namespace

double sum_of_squares(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                      double grad_factor, InstructionSet instructions) noexcept {
    switch (instructions) {
        case InstructionSet::avx512:
            return sum_avx512(tensor, begin, end, grad_factor);
        case InstructionSet::avx2:
            return sum_avx2(tensor, begin, end, grad_factor);
        case InstructionSet::baseline:
            break;
    }
    return sum_baseline(tensor, begin, end, grad_factor);
}

}  // namespace lrcore
