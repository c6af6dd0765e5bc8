#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "sgd/half_precision.hpp"
#include "sgd/half_reference.hpp"

using namespace lrcore;

namespace {

std::uint32_t bits_of(float value) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

float float_of(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

template <class Half>
std::vector<Half> all_patterns() {
    std::vector<Half> patterns(65536);
    for (unsigned i = 0; i < 65536; ++i) patterns[i].bits = static_cast<std::uint16_t>(i);
    return patterns;
}

/// Every finite 16-bit value, the middle between it and the next, and the floats beside the middle;
/// each with both signs.
template <class Half>
std::vector<float> around_midpoints() {
    std::vector<float> values;
    const float infinity = std::numeric_limits<float>::infinity();
    for (unsigned i = 0; half_reference::magnitude<Half>(i) < half_reference::limit<Half>(); ++i) {
        const double low = half_reference::magnitude<Half>(i);
        const double high = half_reference::magnitude<Half>(i + 1);
        const float middle = static_cast<float>((low + high) / 2);
        for (const float value : {static_cast<float>(low), middle, std::nextafter(middle, 0.0f),
                                  std::nextafter(middle, infinity)}) {
            values.push_back(value);
            values.push_back(-value);
        }
    }
    return values;
}

}  // namespace

TEST_CASE_TEMPLATE("widened gives the value of all 65536 patterns", Half, Bfloat16, Float16) {
    for (const Half half : all_patterns<Half>()) {
        const double expected = half_reference::value(half);
        const float actual = widened(half);
        if (std::isnan(expected)) {
            REQUIRE(std::isnan(actual));
        } else {
            REQUIRE(bits_of(actual) == bits_of(static_cast<float>(expected)));
        }
    }
}

TEST_CASE_TEMPLATE("narrowed gives every 16-bit value back", Half, Bfloat16, Float16) {
    for (const Half half : all_patterns<Half>()) {
        if (std::isnan(half_reference::value(half))) continue;
        REQUIRE(narrowed<Half>(widened(half)).bits == half.bits);
    }
}

TEST_CASE_TEMPLATE("narrowed rounds to nearest even at and beside every midpoint", Half, Bfloat16,
                   Float16) {
    for (unsigned i = 0; half_reference::magnitude<Half>(i) < half_reference::limit<Half>(); ++i) {
        const double low = half_reference::magnitude<Half>(i);
        const double high = half_reference::magnitude<Half>(i + 1);
        const float middle = static_cast<float>((low + high) / 2);
        REQUIRE(static_cast<double>(middle) == (low + high) / 2);
        const unsigned even = i % 2 == 0 ? i : i + 1;
        const float infinity = std::numeric_limits<float>::infinity();
        REQUIRE(narrowed<Half>(middle).bits == even);
        REQUIRE(narrowed<Half>(-middle).bits == (even | 0x8000u));
        REQUIRE(narrowed<Half>(std::nextafter(middle, 0.0f)).bits == i);
        REQUIRE(narrowed<Half>(std::nextafter(middle, infinity)).bits == i + 1);
    }
}

TEST_CASE_TEMPLATE("narrowed agrees with arithmetic on floats of every exponent", Half, Bfloat16,
                   Float16) {
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 4999) {
        const float value = float_of(static_cast<std::uint32_t>(bits));
        REQUIRE(narrowed<Half>(value).bits == half_reference::nearest<Half>(value).bits);
    }
}

TEST_CASE("narrowed at the ends of the range") {
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(narrowed<Float16>(65519.996f).bits == 0x7bff);
    CHECK(narrowed<Float16>(65520.0f).bits == 0x7c00);
    CHECK(narrowed<Float16>(-65520.0f).bits == 0xfc00);
    CHECK(narrowed<Float16>(std::numeric_limits<float>::max()).bits == 0x7c00);
    CHECK(narrowed<Float16>(0x1p-25f).bits == 0x0000);
    CHECK(narrowed<Float16>(0x1.8p-25f).bits == 0x0001);
    CHECK(narrowed<Float16>(-std::numeric_limits<float>::denorm_min()).bits == 0x8000);
    CHECK(narrowed<Bfloat16>(std::numeric_limits<float>::max()).bits == 0x7f80);
    CHECK(narrowed<Bfloat16>(float_of(0x00008001)).bits == 0x0001);
    CHECK(narrowed<Bfloat16>(-std::numeric_limits<float>::denorm_min()).bits == 0x8000);
    CHECK(narrowed<Float16>(infinity).bits == 0x7c00);
    CHECK(narrowed<Bfloat16>(-infinity).bits == 0xff80);
    CHECK(narrowed<Float16>(-0.0f).bits == 0x8000);
    CHECK(narrowed<Bfloat16>(-0.0f).bits == 0x8000);
}

TEST_CASE("narrowed makes every NaN, signalling or with any payload, the quiet one") {
    for (const std::uint32_t bits : {0x7f800001u, 0x7f801000u, 0x7fa00000u, 0x7fc00000u,
                                     0x7fffffffu, 0xff800001u, 0xffc00000u, 0xffffffffu}) {
        CHECK(narrowed<Bfloat16>(float_of(bits)).bits == 0x7fc0);
        CHECK(narrowed<Float16>(float_of(bits)).bits == 0x7e00);
    }
}

#ifdef __SSE__
TEST_CASE_TEMPLATE("conversions do not depend on the modes that flush subnormals to 0", Half,
                   Bfloat16, Float16) {
    const std::vector<Half> patterns = all_patterns<Half>();
    const std::vector<float> floats = around_midpoints<Half>();
    const auto convert = [&] {
        std::vector<std::uint32_t> results;
        for (const Half half : patterns) results.push_back(bits_of(widened(half)));
        for (const float value : floats) results.push_back(narrowed<Half>(value).bits);
        return results;
    };
    const std::vector<std::uint32_t> expected = convert();
    const unsigned modes = _mm_getcsr();
    _mm_setcsr(modes | 0x8040u);  // flush to zero, denormals are zero
    const std::vector<std::uint32_t> actual = convert();
    _mm_setcsr(modes);
    CHECK(actual == expected);
}
#endif
