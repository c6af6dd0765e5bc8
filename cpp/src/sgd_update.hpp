#pragma once

#include <cstddef>
#include <cstring>

#include "lrcore/sgd.hpp"

namespace lrcore {

enum class MomentumKind { none, heavy_ball, nesterov };

/// The options of one update, rounded to the type it computes in.
template <class T>
struct SgdScalars {
    explicit SgdScalars(const SgdOptions& options)
        : lr(static_cast<T>(options.lr)),
          momentum(static_cast<T>(options.momentum)),
          undampened(static_cast<T>(1.0 - options.dampening)),
          weight_decay(static_cast<T>(options.weight_decay)),
          grad_factor(static_cast<T>(options.grad_factor)),
          ascent_factor(options.maximize ? -grad_factor : grad_factor),
          ema_decay(static_cast<T>(options.ema_decay)),
          ema_gain(static_cast<T>(1.0 - options.ema_decay)) {}

    T lr;
    T momentum;
    T undampened;
    T weight_decay;
    T grad_factor;
    T ascent_factor;  // grad_factor, with the sign that maximize asks for
    T ema_decay;
    T ema_gain;
};

/// Which recurrence a tensor follows.
struct Recurrence {
    MomentumKind kind;
    bool decays;
    bool first_momentum;
    bool first_average;
};

/// The recurrence of `sgd_step`. What is switched off must not be computed: 0 * inf is NaN, exactly
/// when training diverges.
template <MomentumKind kind, bool decays, bool first, class T>
[[gnu::always_inline]] inline void update(T* __restrict param, const T* __restrict grad,
                                          [[maybe_unused]] T* __restrict buffer, std::size_t size,
                                          const SgdScalars<T>& scalars) {
    const SgdScalars<T> s = scalars;
    for (std::size_t i = 0; i < size; ++i) {
        T step = s.ascent_factor * grad[i];
        if constexpr (decays) step += s.weight_decay * param[i];
        if constexpr (kind != MomentumKind::none) {
            T velocity = step;
            if constexpr (!first) velocity = s.momentum * buffer[i] + s.undampened * step;
            buffer[i] = velocity;
            step = kind == MomentumKind::nesterov ? step + s.momentum * velocity : velocity;
        }
        param[i] -= s.lr * step;
    }
}

template <bool decays, bool first, class T>
[[gnu::always_inline]] inline void update(MomentumKind kind, T* param, const T* grad, T* buffer,
                                          std::size_t size, const SgdScalars<T>& scalars) {
    switch (kind) {
        case MomentumKind::none:
            return update<MomentumKind::none, decays, first>(param, grad, buffer, size, scalars);
        case MomentumKind::heavy_ball:
            return update<MomentumKind::heavy_ball, decays, first>(param, grad, buffer, size,
                                                                   scalars);
        case MomentumKind::nesterov:
            return update<MomentumKind::nesterov, decays, first>(param, grad, buffer, size,
                                                                 scalars);
    }
}

template <class T>
[[gnu::always_inline]] inline void update(const Recurrence& recurrence, T* param, const T* grad,
                                          T* buffer, std::size_t size,
                                          const SgdScalars<T>& scalars) {
    const MomentumKind kind = recurrence.kind;
    if (recurrence.decays) {
        if (recurrence.first_momentum) {
            update<true, true>(kind, param, grad, buffer, size, scalars);
        } else {
            update<true, false>(kind, param, grad, buffer, size, scalars);
        }
    } else {
        if (recurrence.first_momentum) {
            update<false, true>(kind, param, grad, buffer, size, scalars);
        } else {
            update<false, false>(kind, param, grad, buffer, size, scalars);
        }
    }
}

/// The moving average of the weights.
template <class T>
[[gnu::always_inline]] inline void average(bool first, T* __restrict mean,
                                           const T* __restrict weights, std::size_t size,
                                           const SgdScalars<T>& scalars) {
    if (first) {
        std::memcpy(mean, weights, size * sizeof(T));
        return;
    }
    const T decay = scalars.ema_decay;
    const T gain = scalars.ema_gain;
    for (std::size_t i = 0; i < size; ++i) mean[i] = decay * mean[i] + gain * weights[i];
}

}  // namespace lrcore
