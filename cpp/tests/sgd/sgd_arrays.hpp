#pragma once

#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "lrcore/sgd/sgd.hpp"
#include "sgd/half_reference.hpp"

/// The arrays of one parameter for tests of the kernel.
namespace sgd_arrays {

using lrcore::Bfloat16;
using lrcore::ElementType;
using lrcore::Float16;
using lrcore::SgdTensor;

template <class Element>
using Wide = std::conditional_t<sizeof(Element) == 2, float, Element>;

template <class Element>
constexpr ElementType type = ElementType::float64;
template <>
constexpr ElementType type<float> = ElementType::float32;
template <>
constexpr ElementType type<Bfloat16> = ElementType::bfloat16;
template <>
constexpr ElementType type<Float16> = ElementType::float16;

template <class Element>
Element element(double value) {
    if constexpr (std::is_floating_point_v<Element>) {
        return static_cast<Element>(value);
    } else {
        return half_reference::nearest<Element>(value);
    }
}

/// In the type that the recurrence computes in; exact.
template <class Element>
Wide<Element> wide(Element element) {
    if constexpr (std::is_floating_point_v<Element>) {
        return element;
    } else {
        return static_cast<float>(half_reference::value(element));
    }
}

template <class Element>
bool same_bits(const std::vector<Element>& a, const std::vector<Element>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Element)) == 0;
}

/// Random values in [-1, 1), none 0. One element more at both ends shows a write beside the range
/// and takes the others off the alignment of any vector.
template <class Element>
struct Arrays {
    explicit Arrays(std::size_t size)
        : param(size + 2), grad(size + 2), buffer(size + 2), master(size + 2), average(size + 2) {
        std::mt19937 random(7);
        const auto next = [&random] {
            return static_cast<double>(random()) / 0x1p31 - 1.0 + 0x1p-20;
        };
        for (auto* values : {&param, &grad}) {
            for (Element& value : *values) value = element<Element>(next());
        }
        for (auto* values : {&buffer, &master, &average}) {
            for (Wide<Element>& value : *values) value = static_cast<Wide<Element>>(next());
        }
    }

    std::size_t size() const { return param.size() - 2; }

    SgdTensor tensor() {
        SgdTensor tensor;
        tensor.type = type<Element>;
        tensor.size = size();
        tensor.param = param.data() + 1;
        tensor.grad = grad.data() + 1;
        return tensor;
    }

    bool same_bits_as(const Arrays& other) const {
        return same_bits(param, other.param) && same_bits(grad, other.grad) &&
               same_bits(buffer, other.buffer) && same_bits(master, other.master) &&
               same_bits(average, other.average);
    }

    std::vector<Element> param, grad;
    std::vector<Wide<Element>> buffer, master, average;
};

}  // namespace sgd_arrays
