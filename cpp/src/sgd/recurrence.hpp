#pragma once

#include <cstddef>
#include <cstring>

#include "lrcore/sgd/sgd.hpp"

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
    bool scales;  // by a factor or by dampening (multiplying by 1 would cost 5 % of the time)
    bool decays;
    bool first_momentum;
    bool first_average;
};

/// The recurrence of `sgd_step`. Terms that are switched off must not be computed: when training
/// diverges, 0 * inf would turn weights into NaN.
template <MomentumKind kind, bool scales, bool decays, bool first, class T>
[[gnu::always_inline]] inline void update(T* __restrict param, const T* __restrict grad,
                                          [[maybe_unused]] T* __restrict buffer, std::size_t size,
                                          const SgdScalars<T>& scalars) {
    const SgdScalars<T> s = scalars;
    for (std::size_t i = 0; i < size; ++i) {
        T step = grad[i];
        if constexpr (scales) step *= s.ascent_factor;
        if constexpr (decays) step += s.weight_decay * param[i];
        if constexpr (kind != MomentumKind::none) {
            T velocity = step;
            if constexpr (scales && !first) velocity *= s.undampened;
            if constexpr (!first) velocity += s.momentum * buffer[i];
            buffer[i] = velocity;
            step = kind == MomentumKind::nesterov ? step + s.momentum * velocity : velocity;
        }
        param[i] -= s.lr * step;
    }
}

template <bool scales, bool decays, bool first, class T>
[[gnu::always_inline]] inline void update(MomentumKind kind, T* param, const T* grad, T* buffer,
                                          std::size_t size, const SgdScalars<T>& s) {
    switch (kind) {
        case MomentumKind::none:
            return update<MomentumKind::none, scales, decays, first>(param, grad, buffer, size, s);
        case MomentumKind::heavy_ball:
            return update<MomentumKind::heavy_ball, scales, decays, first>(param, grad, buffer,
                                                                           size, s);
        case MomentumKind::nesterov:
            return update<MomentumKind::nesterov, scales, decays, first>(param, grad, buffer, size,
                                                                         s);
    }
}

template <bool scales, class T>
[[gnu::always_inline]] inline void update(const Recurrence& recurrence, T* param, const T* grad,
                                          T* buffer, std::size_t size, const SgdScalars<T>& s) {
    const MomentumKind kind = recurrence.kind;
    if (recurrence.decays && recurrence.first_momentum) {
        update<scales, true, true>(kind, param, grad, buffer, size, s);
    } else if (recurrence.decays) {
        update<scales, true, false>(kind, param, grad, buffer, size, s);
    } else if (recurrence.first_momentum) {
        update<scales, false, true>(kind, param, grad, buffer, size, s);
    } else {
        update<scales, false, false>(kind, param, grad, buffer, size, s);
    }
}

template <class T>
[[gnu::always_inline]] inline void update(const Recurrence& recurrence, T* param, const T* grad,
                                          T* buffer, std::size_t size, const SgdScalars<T>& s) {
    if (recurrence.scales) {
        update<true>(recurrence, param, grad, buffer, size, s);
    } else {
        update<false>(recurrence, param, grad, buffer, size, s);
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
