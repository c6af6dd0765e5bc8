#include "sgd/kernel.hpp"

#include <algorithm>

#include "sgd/block.hpp"
#include "sgd/half_precision.hpp"
#include "sgd/recurrence.hpp"

namespace lrcore {
namespace {

template <class T>
Recurrence recurrence_of(const SgdTensor& tensor, const SgdOptions& options,
                         const SgdScalars<T>& scalars) {
    MomentumKind kind = MomentumKind::none;
    if (options.momentum != 0.0) {
        kind = options.nesterov ? MomentumKind::nesterov : MomentumKind::heavy_ball;
    }
    const bool scales = scalars.ascent_factor != T(1) || scalars.undampened != T(1);
    return {kind, scales, scalars.weight_decay != T(0), tensor.first_momentum,
            tensor.first_average};
}

template <class Element>
[[gnu::always_inline]] inline std::size_t update_blocks(const SgdTensor& tensor, std::size_t begin,
                                                        std::size_t end,
                                                        const SgdOptions& options) {
    const SgdScalars<Wide<Element>> scalars(options);
    const Recurrence recurrence = recurrence_of(tensor, options, scalars);
    Scratch<Element> scratch;
    std::size_t nonfinite = 0;
    for (std::size_t at = begin; at < end; at += block_size) {
        const SgdBlock<Element> block(tensor, at, std::min(block_size, end - at));
        nonfinite += update_block(block, recurrence, options, scalars, scratch);
    }
    return nonfinite;
}

[[gnu::always_inline]] inline std::size_t update_any(const SgdTensor& tensor, std::size_t begin,
                                                     std::size_t end, const SgdOptions& options) {
    switch (tensor.type) {
        case ElementType::float32:
            return update_blocks<float>(tensor, begin, end, options);
        case ElementType::float64:
            return update_blocks<double>(tensor, begin, end, options);
        case ElementType::bfloat16:
            return update_blocks<Bfloat16>(tensor, begin, end, options);
        case ElementType::float16:
            return update_blocks<Float16>(tensor, begin, end, options);
    }
    return 0;
}

std::size_t update_baseline(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                            const SgdOptions& options) {
    return update_any(tensor, begin, end, options);
}

LRCORE_AVX2
std::size_t update_avx2(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                        const SgdOptions& options) {
    return update_any(tensor, begin, end, options);
}

LRCORE_AVX512
std::size_t update_avx512(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                          const SgdOptions& options) {
    return update_any(tensor, begin, end, options);
}

}  // namespace

std::size_t sgd_update(const SgdTensor& tensor, std::size_t begin, std::size_t end,
                       const SgdOptions& options, InstructionSet instructions) noexcept {
    switch (instructions) {
        case InstructionSet::avx512:
            return update_avx512(tensor, begin, end, options);
        case InstructionSet::avx2:
            return update_avx2(tensor, begin, end, options);
        case InstructionSet::baseline:
            break;
    }
    return update_baseline(tensor, begin, end, options);
}

}  // namespace lrcore
