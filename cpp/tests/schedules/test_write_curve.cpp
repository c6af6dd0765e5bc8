#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "schedules/write_curve.hpp"

using namespace lrcore;

namespace {

// Around one, two and more vectors of two, four and eight.
const std::vector<std::size_t> sizes{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 1000};

template <class Curve>
void check_bits(const Curve& curve, Interval interval, double first) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const std::size_t size : sizes) {
            std::vector<double> out(size);
            write_with(set, curve, interval, first, {out.data(), size});
            for (std::size_t i = 0; i < size; ++i) {
                const double step = first + static_cast<double>(i);
                REQUIRE(out[i] == curve(interval.done(step), interval.left(step)));
            }
        }
    }
}

}  // namespace

TEST_CASE("a curve has the same bits one by one and in every instruction set") {
    for (const double length : {1000.0, 1003.25, 123456.0, 0x1p52 - 1.0, 0x1p53}) {
        for (const double first : {0.0, std::floor(length / 2.0) - 500.0, length - 1000.0}) {
            const double at = std::floor(first);
            const Interval whole{{0.0, 0.0}, {length, 0.0}};
            const Interval later{{0.3, -0x1p-60}, {length, 0x1p-10}};
            for (const Interval& interval : {whole, later}) {
                check_bits(CosineSegment(0.1, 0.003, SineSquared(interval.length())), interval,
                           at + 1.0);
                check_bits(LineSegment(0.004, 0.1, interval.length()), interval, at + 1.0);
            }
            for (const bool rising : {false, true}) {
                check_bits(TriangleSide(0.1, 0.7, length, 0.3, rising), whole, at);
            }
        }
    }
}

TEST_CASE("cutting a curve into blocks does not change its bits") {
    const std::size_t size = (std::size_t{1} << 20) + 5;
    const Interval interval{{0.0, 0.0}, {2e6, 0.0}};
    const CosineSegment curve(0.1, 0.003, SineSquared(interval.end));
    std::vector<double> out(size);
    write(curve, interval, 7.0, {out.data(), size});
    for (const std::size_t i : {size - 1, size - 5, size - 6, size / 2}) {
        const double step = 7.0 + static_cast<double>(i);
        CHECK(out[i] == curve(interval.done(step), interval.left(step)));
    }
}

TEST_CASE("curves are exact at both ends") {
    const DoubleDouble none{0.0, 0.0};
    const DoubleDouble all{7.0, 0x1p-55};
    const CosineSegment wave(0.1, 0.3, SineSquared(all));
    CHECK(wave(none, all) == 0.1);
    CHECK(wave(all, none) == 0.3);
    const LineSegment line(0.1, 0.3, all);
    CHECK(line(none, all) == 0.1);
    CHECK(line(all, none) == 0.3);
    const TriangleSide side(0.1, 0.3, 7.0, 1.0, true);
    CHECK(side(none, all) == 0.1);
    CHECK(side(all, none) == 0.3);
}
