#include "schedules/write_curve.hpp"

#include <algorithm>
#include <cstdint>

namespace lrcore {
namespace {

// The two halves of a cosine segment, each without a branch.

struct FirstHalf {
    CosineSegment wave;
    double operator()(DoubleDouble done, DoubleDouble /*left*/) const {
        return wave.first_half(done);
    }
};

struct SecondHalf {
    CosineSegment wave;
    double operator()(DoubleDouble /*done*/, DoubleDouble left) const {
        return wave.second_half(left);
    }
};

/// Number of the `size` steps that are in the first half.
std::size_t steps_in_first_half(Interval interval, double first, std::size_t size) {
    std::size_t low = 0;
    while (low < size) {
        const std::size_t middle = low + (size - low) / 2;
        const double step = first + static_cast<double>(middle);
        if (CosineSegment::is_in_first_half(interval.done(step), interval.left(step))) {
            low = middle + 1;
        } else {
            size = middle;
        }
    }
    return low;
}

constexpr std::size_t block_size = std::size_t{1} << 20;

// An int32 index converts to float64 in vectors in every instruction set.
template <class Curve>
[[gnu::always_inline]] inline void write_block(const Curve curve, Interval interval, double first,
                                               double* out, std::int32_t size) {
    for (std::int32_t i = 0; i < size; ++i) {
        const double step = first + static_cast<double>(i);
        out[i] = curve(interval.done(step), interval.left(step));
    }
}

template <class Curve>
[[gnu::always_inline]] inline void write_blocks(const Curve& curve, Interval interval, double first,
                                                Span<double> out) {
    while (out.size() > 0) {
        const std::size_t size = std::min(out.size(), block_size);
        write_block(curve, interval, first, out.data(), static_cast<std::int32_t>(size));
        first += static_cast<double>(size);
        out = out.from(size);
    }
}

[[gnu::always_inline]] inline void write_blocks(const CosineSegment& wave, Interval interval,
                                                double first, Span<double> out) {
    const std::size_t half = steps_in_first_half(interval, first, out.size());
    write_blocks(FirstHalf{wave}, interval, first, out.subspan(0, half));
    write_blocks(SecondHalf{wave}, interval, first + static_cast<double>(half), out.from(half));
}

template <class Curve>
LRCORE_AVX2 void write_avx2(const Curve& curve, Interval interval, double first, Span<double> out) {
    write_blocks(curve, interval, first, out);
}

template <class Curve>
LRCORE_AVX512 void write_avx512(const Curve& curve, Interval interval, double first,
                                Span<double> out) {
    write_blocks(curve, interval, first, out);
}

InstructionSet best_instructions() {
    static const InstructionSet best = available_instruction_sets().back();
    return best;
}

}  // namespace

template <class Curve>
void write_with(InstructionSet instructions, const Curve& curve, Interval interval, double first,
                Span<double> out) {
    switch (instructions) {
        case InstructionSet::avx512:
            return write_avx512(curve, interval, first, out);
        case InstructionSet::avx2:
            return write_avx2(curve, interval, first, out);
        case InstructionSet::baseline:
            return write_blocks(curve, interval, first, out);
    }
}

template void write_with(InstructionSet, const CosineSegment&, Interval, double, Span<double>);
template void write_with(InstructionSet, const LineSegment&, Interval, double, Span<double>);
template void write_with(InstructionSet, const TriangleSide&, Interval, double, Span<double>);

void write(const CosineSegment& curve, Interval interval, double first, Span<double> out) {
    write_with(best_instructions(), curve, interval, first, out);
}

void write(const LineSegment& curve, Interval interval, double first, Span<double> out) {
    write_with(best_instructions(), curve, interval, first, out);
}

void write(const TriangleSide& curve, Interval interval, double first, Span<double> out) {
    write_with(best_instructions(), curve, interval, first, out);
}

}  // namespace lrcore
