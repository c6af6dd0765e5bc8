#include "sgd/tensor_memory.hpp"

#include <cstddef>
#include <cstdint>

namespace lrcore {
namespace {

Bytes bytes_at(const void* data, std::size_t size) {
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    return {begin, data == nullptr ? begin : begin + size};
}

}  // namespace

Bytes gradient_bytes(const SgdTensor& tensor) { return bytes_at(tensor.grad, param_bytes(tensor)); }

std::array<Bytes, 4> written_bytes(const SgdTensor& tensor) {
    const std::size_t wide = wide_bytes(tensor);
    return {bytes_at(tensor.param, param_bytes(tensor)), bytes_at(tensor.buffer, wide),
            bytes_at(tensor.master, wide), bytes_at(tensor.average, wide)};
}

bool overlaps_itself(const SgdTensor& tensor) {
    const Bytes gradient = gradient_bytes(tensor);
    const std::array<Bytes, 4> written = written_bytes(tensor);
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i].overlaps(gradient)) return true;
        for (std::size_t j = 0; j < i; ++j) {
            if (written[i].overlaps(written[j])) return true;
        }
    }
    return false;
}

}  // namespace lrcore
