#pragma once

#include <cstddef>

#include "lrcore/sgd/sgd.hpp"
#include "sgd/sgd_arrays.hpp"

/// The recurrence of one element, written from the equations of sgd.hpp.
namespace sgd_reference {

/// An update of one tensor: its options and which arrays it has.
struct Variant {
    lrcore::SgdOptions options;
    bool first_momentum = false;
    bool has_master = false;
    bool has_average = false;
    bool first_average = false;
};

template <class R>
struct State {
    R p, b, e;
};

/// Computes in R with options rounded to T.
template <class T, class R>
State<R> step(State<R> state, R g, const Variant& variant) {
    const lrcore::SgdOptions& o = variant.options;
    const auto rounded = [](double option) { return static_cast<R>(static_cast<T>(option)); };
    g = (o.maximize ? -rounded(o.grad_factor) : rounded(o.grad_factor)) * g;
    if (o.weight_decay != 0.0) g = g + rounded(o.weight_decay) * state.p;
    R u = g;
    if (o.momentum != 0.0) {
        const R mu = rounded(o.momentum);
        state.b = variant.first_momentum ? g : mu * state.b + rounded(1.0 - o.dampening) * g;
        u = o.nesterov ? g + mu * state.b : state.b;
    }
    state.p = state.p - rounded(o.lr) * u;
    return state;
}

template <class T, class R>
R mean(R e, R p, const Variant& variant) {
    if (variant.first_average) return p;
    const double decay = variant.options.ema_decay;
    return static_cast<R>(static_cast<T>(decay)) * e +
           static_cast<R>(static_cast<T>(1.0 - decay)) * p;
}

/// Updates all elements one by one in their own wide type: what the kernel must give to the bit.
template <class Element>
void update(sgd_arrays::Arrays<Element>& arrays, const Variant& variant) {
    using namespace sgd_arrays;
    using T = Wide<Element>;
    constexpr bool is_half = sizeof(Element) == 2;
    const lrcore::SgdOptions& o = variant.options;
    for (std::size_t i = 1; i <= arrays.size(); ++i) {
        const T g = wide(arrays.grad[i]);
        State<T> state{variant.has_master ? arrays.master[i] : wide(arrays.param[i]),
                       arrays.buffer[i], arrays.average[i]};
        state = step<T>(state, g, variant);
        if (o.momentum != 0.0) arrays.buffer[i] = state.b;
        if (variant.has_master) arrays.master[i] = state.p;
        arrays.param[i] = element<Element>(state.p);
        const T weight = is_half && !variant.has_master ? wide(arrays.param[i]) : state.p;
        if (variant.has_average) arrays.average[i] = mean<T>(state.e, weight, variant);
        if (o.grad_after == lrcore::GradAfter::zeroed) arrays.grad[i] = element<Element>(0.0);
        if (o.grad_after == lrcore::GradAfter::scaled) {
            arrays.grad[i] = element<Element>(g * static_cast<T>(o.grad_factor));
        }
    }
}

}  // namespace sgd_reference
