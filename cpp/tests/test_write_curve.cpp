#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "write_curve.hpp"

using namespace lrcore;

namespace {

// Around one, two and more vectors of two, four and eight.
const std::vector<std::size_t> sizes{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1000};

template <class Curve>
void check_bits(const Curve& curve, Stretch stretch, double first) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const std::size_t size : sizes) {
            std::vector<double> out(size);
            write_with(set, curve, stretch, first, {out.data(), size});
            for (std::size_t i = 0; i < size; ++i) {
                const double step = first + static_cast<double>(i);
                REQUIRE(out[i] == curve(step - stretch.begin, stretch.end - step));
            }
        }
    }
}

}  // namespace

TEST_CASE("a curve has the same bits one by one and in every instruction set") {
    for (const double length : {1000.0, 1003.25, 123456.0, 0x1p52 - 1.0, 0x1p53}) {
        for (const double first : {0.0, std::floor(length / 2.0) - 500.0, length - 1000.0}) {
            const double at = std::floor(first);
            check_bits(WaveBetween(0.1, 0.003, length), {0.0, length}, at);
            check_bits(WaveBetween(0.004, 0.1, length - 0.25), {0.25, length}, at + 1.0);
            check_bits(LineBetween(0.1, 0.003, length), {0.0, length}, at);
            for (const bool rising : {false, true}) {
                check_bits(TriangleSide(0.1, 0.7, length, 0.3, rising), {0.0, length}, at);
            }
        }
    }
}

TEST_CASE("a curve is cut into blocks without a trace") {
    const std::size_t size = (std::size_t{1} << 20) + 5;
    const WaveBetween curve(0.1, 0.003, 2e6);
    std::vector<double> out(size);
    write(curve, {0.0, 2e6}, 7.0, {out.data(), size});
    for (const std::size_t i : {size - 1, size - 5, size - 6, size / 2}) {
        const double step = 7.0 + static_cast<double>(i);
        CHECK(out[i] == curve(step, 2e6 - step));
    }
}

TEST_CASE("curves are exact at both ends") {
    const WaveBetween wave(0.1, 0.3, 7.0);
    CHECK(wave(0.0, 7.0) == 0.1);
    CHECK(wave(7.0, 0.0) == 0.3);
    const LineBetween line(0.1, 0.3, 7.0);
    CHECK(line(0.0, 7.0) == 0.1);
    CHECK(line(7.0, 0.0) == 0.3);
    const TriangleSide side(0.1, 0.3, 7.0, 1.0, true);
    CHECK(side(0.0, 7.0) == 0.1);
    CHECK(side(7.0, 0.0) == 0.3);
}
