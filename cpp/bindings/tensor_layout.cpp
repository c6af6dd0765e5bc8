#include "tensor_layout.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace lrcore {
namespace {

// The stride of a dimension of size 1 is arbitrary: it takes no step.
bool is_contiguous(const dlpack::Tensor& tensor) {
    if (tensor.strides == nullptr) return true;
    std::int64_t expected = 1;
    for (std::int32_t i = tensor.dimensions; i-- > 0;) {
        if (tensor.shape[i] == 1) continue;
        if (tensor.strides[i] != expected) return false;
        expected *= tensor.shape[i];
    }
    return true;
}

bool is_dense_in_another_order(const dlpack::Tensor& tensor) {
    std::vector<std::pair<std::int64_t, std::int64_t>> steps;
    for (std::int32_t i = 0; i < tensor.dimensions; ++i) {
        if (tensor.shape[i] != 1) steps.emplace_back(tensor.strides[i], tensor.shape[i]);
    }
    std::sort(steps.begin(), steps.end());
    std::int64_t expected = 1;
    for (const auto& [stride, size] : steps) {
        if (stride != expected) return false;
        expected *= size;
    }
    return true;
}

bool have_one_stride(const dlpack::Tensor& a, const dlpack::Tensor& b, std::int32_t dimension) {
    return a.shape[dimension] == 1 || a.strides[dimension] == b.strides[dimension];
}

}  // namespace

std::size_t element_count(const dlpack::Tensor& tensor) {
    std::int64_t count = 1;
    for (std::int32_t i = 0; i < tensor.dimensions; ++i) count *= tensor.shape[i];
    return static_cast<std::size_t>(count);
}

bool is_dense(const dlpack::Tensor& tensor) {
    return is_contiguous(tensor) || element_count(tensor) == 0 || is_dense_in_another_order(tensor);
}

bool have_one_layout(const dlpack::Tensor& a, const dlpack::Tensor& b) {
    if (a.dimensions != b.dimensions) return false;
    const bool has_strides = a.strides != nullptr && b.strides != nullptr;
    bool is_empty = false, is_one = true;
    for (std::int32_t i = 0; i < a.dimensions; ++i) {
        if (a.shape[i] != b.shape[i]) return false;
        is_empty = is_empty || a.shape[i] == 0;
        is_one = is_one && has_strides && have_one_stride(a, b, i);
    }
    return is_one || is_empty || (is_contiguous(a) && is_contiguous(b));
}

}  // namespace lrcore
