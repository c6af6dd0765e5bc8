#pragma once

#include <cstddef>
#include <vector>

#include "sgd/kernel.hpp"
#include "sgd/sgd_arrays.hpp"
#include "sgd/sgd_reference.hpp"

/// Updates of test arrays by the kernel.
namespace sgd_updates {

using namespace lrcore;
using namespace sgd_arrays;
using sgd_reference::Variant;

// Around the vector widths of every instruction set.
inline const std::vector<std::size_t> sizes{0,  1,  7,  8,  9,  15,   16,     17,
                                            31, 33, 63, 64, 65, 1000, 1000003};

inline SgdOptions options_of(double momentum, double weight_decay, bool nesterov) {
    SgdOptions options;
    options.lr = 0.1;
    options.momentum = momentum;
    options.weight_decay = weight_decay;
    options.nesterov = nesterov;
    return options;
}

template <class Element>
SgdTensor tensor_of(Arrays<Element>& arrays, const Variant& variant) {
    SgdTensor tensor = arrays.tensor();
    if (variant.options.momentum != 0.0) tensor.buffer = arrays.buffer.data() + 1;
    if (variant.has_master) tensor.master = arrays.master.data() + 1;
    if (variant.has_average) tensor.average = arrays.average.data() + 1;
    tensor.first_momentum = variant.first_momentum;
    tensor.first_average = variant.first_average;
    return tensor;
}

template <class Element>
std::size_t update(Arrays<Element>& arrays, const Variant& variant, InstructionSet set) {
    return sgd_update(tensor_of(arrays, variant), 0, arrays.size(), variant.options, set);
}

template <class Element>
Arrays<Element> updated(const Arrays<Element>& before, const Variant& variant, InstructionSet set) {
    Arrays<Element> after = before;
    update(after, variant, set);
    return after;
}

/// An update to adapt, of arrays of a few dozen elements.
template <class Element>
struct Few {
    Few() : arrays(37) {}

    std::size_t update(InstructionSet set) { return sgd_updates::update(arrays, variant, set); }

    Arrays<Element> arrays;
    Variant variant{options_of(0.9, 0.01, true)};
};

}  // namespace sgd_updates
