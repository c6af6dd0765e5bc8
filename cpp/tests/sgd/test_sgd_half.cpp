#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "sgd/sgd_updates.hpp"

using namespace sgd_updates;

// PyTorch 2.13 computes the momentum of 16-bit weights in full vectors and does not store the
// weights (pytorch#191763); its tests had either less than a vector or gradients of 0.
TEST_CASE_TEMPLATE("sgd_update stores every 16-bit weight of full vectors", Element, Bfloat16,
                   Float16) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const std::size_t size : {8, 16, 32, 64, 128, 1024}) {
            Arrays<Element> arrays(size);
            std::fill(arrays.param.begin(), arrays.param.end(), element<Element>(1.0));
            std::fill(arrays.grad.begin(), arrays.grad.end(), element<Element>(2.0));
            std::fill(arrays.buffer.begin(), arrays.buffer.end(), 4.0f);
            Variant variant{options_of(0.5, 0.5, true)};
            variant.options.lr = 0.125;
            update(arrays, variant, set);
            // g = 2 + 0.5, b = 0.5 * 4 + 2.5 = 4.5, p = 1 - 0.125 * (2.5 + 0.5 * 4.5) = 0.40625
            for (std::size_t i = 1; i <= size; ++i) {
                REQUIRE(wide(arrays.param[i]) == 0.40625f);
                REQUIRE(arrays.buffer[i] == 4.5f);
            }
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update converts all 65536 patterns in vectors", Element, Bfloat16,
                   Float16) {
    Variant still{options_of(0.0, 0.0, false), false, false, true, true};
    for (const InstructionSet set : available_instruction_sets()) {
        Arrays<Element> arrays(65536);
        for (std::size_t i = 0; i < 65536; ++i) {
            arrays.param[i + 1].bits = static_cast<std::uint16_t>(i);
            arrays.grad[i + 1] = element<Element>(0.0);
        }
        update(arrays, still, set);
        for (std::size_t i = 0; i < 65536; ++i) {
            const Element before{static_cast<std::uint16_t>(i)};
            const double value = half_reference::value(before);
            const bool is_nan = std::isnan(value);
            REQUIRE(arrays.param[i + 1].bits ==
                    (is_nan ? element<Element>(std::nan("")).bits : before.bits));
            REQUIRE(std::isnan(arrays.average[i + 1]) == is_nan);
            REQUIRE((is_nan || arrays.average[i + 1] == static_cast<float>(value)));
            REQUIRE((is_nan || std::signbit(arrays.average[i + 1]) == std::signbit(value)));
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update rounds master weights of every exponent in vectors", Element,
                   Bfloat16, Float16) {
    constexpr std::size_t step = 4999;
    Arrays<Element> before((std::size_t{1} << 32) / step);
    std::fill(before.grad.begin(), before.grad.end(), element<Element>(0.0));
    for (std::size_t i = 1; i <= before.size(); ++i) {
        const auto bits = static_cast<std::uint32_t>(i * step);
        std::memcpy(&before.master[i], &bits, sizeof bits);
    }
    const Variant still{options_of(0.0, 0.0, false), false, true};
    for (const InstructionSet set : available_instruction_sets()) {
        const Arrays<Element> after = updated(before, still, set);
        for (std::size_t i = 1; i <= before.size(); ++i) {
            const double master = static_cast<double>(before.master[i]);
            REQUIRE(after.param[i].bits == half_reference::nearest<Element>(master).bits);
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update counts every pattern of infinity and NaN", Half, Bfloat16, Float16) {
    for (const InstructionSet set : available_instruction_sets()) {
        Arrays<Half> arrays(65536);
        for (std::size_t i = 0; i < 65536; ++i) {
            arrays.grad[i + 1].bits = static_cast<std::uint16_t>(i);
        }
        Variant variant{options_of(0.0, 0.0, false)};
        variant.options.count_nonfinite = true;
        // Two signs, and every significand with the greatest exponent.
        const std::size_t expected = std::size_t{2}
                                     << half_reference::Format<Half>::significand_bits;
        CHECK(update(arrays, variant, set) == expected);
    }
}
