#pragma once

#include <cstddef>

namespace lrcore {

enum class MomentumKind { none, heavy_ball, nesterov };

/// The options of one update, rounded to the type of the elements.
template <class T>
struct SgdScalars {
    T lr;
    T momentum;
    T weight_decay;
    MomentumKind kind;
};

/// Updates `size` elements on the calling thread; `buffer` is not touched if the kind is none.
void sgd_kernel(float* param, const float* grad, float* buffer, std::size_t size,
                const SgdScalars<float>& scalars) noexcept;
void sgd_kernel(double* param, const double* grad, double* buffer, std::size_t size,
                const SgdScalars<double>& scalars) noexcept;

}  // namespace lrcore
