#include "sgd_kernel.hpp"

// GCC emits the kernel once per instruction set and the loader picks one, before the thread
// sanitizer's runtime is up to follow it. Contraction to fused multiply-adds is off (see
// CMakeLists.txt), so that all of them give the same bits.
#if __GNUC__ >= 12 && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_THREAD__)
#define LRCORE_VECTOR_CLONES \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LRCORE_VECTOR_CLONES
#endif

namespace lrcore {
namespace {

// What is switched off must not be computed: 0 * inf is NaN, exactly when training diverges.
template <class T, MomentumKind kind, bool decays>
[[gnu::always_inline]] inline void update(T* __restrict param, const T* __restrict grad,
                                          T* __restrict buffer, std::size_t size,
                                          const SgdScalars<T>& scalars) {
    const T lr = scalars.lr;
    const T momentum = scalars.momentum;
    const T weight_decay = scalars.weight_decay;
    for (std::size_t i = 0; i < size; ++i) {
        T step = grad[i];
        if constexpr (decays) step += weight_decay * param[i];
        if constexpr (kind != MomentumKind::none) {
            const T velocity = momentum * buffer[i] + step;
            buffer[i] = velocity;
            step = kind == MomentumKind::nesterov ? step + momentum * velocity : velocity;
        }
        param[i] -= lr * step;
    }
}

template <class T, bool decays>
[[gnu::always_inline]] inline void update_by_kind(T* param, const T* grad, T* buffer,
                                                  std::size_t size, const SgdScalars<T>& scalars) {
    switch (scalars.kind) {
        case MomentumKind::none:
            return update<T, MomentumKind::none, decays>(param, grad, buffer, size, scalars);
        case MomentumKind::heavy_ball:
            return update<T, MomentumKind::heavy_ball, decays>(param, grad, buffer, size, scalars);
        case MomentumKind::nesterov:
            return update<T, MomentumKind::nesterov, decays>(param, grad, buffer, size, scalars);
    }
}

template <class T>
[[gnu::always_inline]] inline void update_any(T* param, const T* grad, T* buffer, std::size_t size,
                                              const SgdScalars<T>& scalars) {
    if (scalars.weight_decay != T(0)) {
        update_by_kind<T, true>(param, grad, buffer, size, scalars);
    } else {
        update_by_kind<T, false>(param, grad, buffer, size, scalars);
    }
}

}  // namespace

LRCORE_VECTOR_CLONES
void sgd_kernel(float* param, const float* grad, float* buffer, std::size_t size,
                const SgdScalars<float>& scalars) noexcept {
    update_any(param, grad, buffer, size, scalars);
}

LRCORE_VECTOR_CLONES
void sgd_kernel(double* param, const double* grad, double* buffer, std::size_t size,
                const SgdScalars<double>& scalars) noexcept {
    update_any(param, grad, buffer, size, scalars);
}

}  // namespace lrcore
