#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sgd/sgd_updates.hpp"

using namespace sgd_updates;

#define ELEMENTS float, double, Bfloat16, Float16

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE_TEMPLATE("sgd_update lets infinity and NaN through, and only where they are", Element,
                   ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const bool maximize : {false, true}) {
            Few<Element> few;
            few.variant.options.maximize = maximize;
            few.variant.has_average = true;
            few.variant.options.ema_decay = 0.9;
            few.arrays.grad[4] = element<Element>(not_a_number);
            few.arrays.grad[18] = element<Element>(infinity);
            few.arrays.grad[37] = element<Element>(-infinity);
            few.update(set);
            const double up = maximize ? infinity : -infinity;
            for (std::size_t i = 1; i <= 37; ++i) {
                const double p = static_cast<double>(wide(few.arrays.param[i]));
                const double b = static_cast<double>(few.arrays.buffer[i]);
                const double e = static_cast<double>(few.arrays.average[i]);
                if (i == 4) {
                    CHECK((std::isnan(p) && std::isnan(b) && std::isnan(e)));
                } else if (i == 18 || i == 37) {
                    const double expected = i == 18 ? up : -up;
                    CHECK((p == expected && b == -expected && e == expected));
                } else {
                    CHECK((std::isfinite(p) && std::isfinite(b) && std::isfinite(e)));
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update does not compute what is switched off", Element, ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        Few<Element> few;
        few.variant.options.weight_decay = 0.0;  // 0 * infinity would be NaN
        few.arrays.param[5] = element<Element>(infinity);
        few.update(set);
        CHECK(std::isfinite(few.arrays.buffer[5]));
        CHECK(wide(few.arrays.param[5]) == static_cast<Wide<Element>>(infinity));

        Few<Element> plain;
        plain.variant.options = options_of(0.0, 0.0, false);
        SgdTensor tensor = plain.arrays.tensor();
        tensor.first_momentum = true;
        CHECK(sgd_update(tensor, 0, tensor.size, plain.variant.options, set) == 0);
        CHECK(same_bits(plain.arrays.buffer, Arrays<Element>(37).buffer));
        CHECK(same_bits(plain.arrays.average, Arrays<Element>(37).average));
    }
}

TEST_CASE_TEMPLATE("sgd_update does not read a buffer or an average that holds nothing yet",
                   Element, ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const bool nesterov : {false, true}) {
            Few<Element> few;
            few.variant = {options_of(0.9, 0.01, nesterov), true, false, true, true};
            if (!nesterov) few.variant.options.dampening = 0.5;
            Arrays<Element> expected = few.arrays;
            sgd_reference::update(expected, few.variant);
            // Guards at both ends stay as they are.
            std::fill(few.arrays.buffer.begin() + 1, few.arrays.buffer.end() - 1,
                      static_cast<Wide<Element>>(not_a_number));
            std::fill(few.arrays.average.begin() + 1, few.arrays.average.end() - 1,
                      static_cast<Wide<Element>>(not_a_number));
            few.update(set);
            CHECK(few.arrays.same_bits_as(expected));
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update counts infinite and NaN gradients before the factor", Element,
                   ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const std::size_t size : sizes) {
            Arrays<Element> arrays(size);
            Variant variant{options_of(0.0, 0.0, false)};
            variant.options.grad_factor = not_a_number;
            variant.options.count_nonfinite = true;
            variant.options.grad_after = GradAfter::zeroed;
            std::size_t expected = 0;
            for (std::size_t i = 1; i <= size; i += 1 + i % 3) {
                const double values[] = {infinity, -infinity, not_a_number};
                arrays.grad[i] = element<Element>(values[i % 3]);
                ++expected;
            }
            Arrays<Element> uncounted = arrays;
            REQUIRE(update(arrays, variant, set) == expected);
            variant.options.count_nonfinite = false;
            REQUIRE(update(uncounted, variant, set) == 0);
            for (std::size_t i = 1; i <= size; ++i) REQUIRE(wide(arrays.grad[i]) == 0);
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update with a factor of 0 or NaN, as of a gradient of infinite norm",
                   Element, ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const double factor : {0.0, not_a_number}) {
            Few<Element> few;
            few.variant.options.grad_factor = factor;
            few.variant.options.grad_after = GradAfter::scaled;
            few.variant.options.maximize = true;
            few.arrays.grad[9] = element<Element>(infinity);
            few.update(set);
            for (std::size_t i = 1; i <= 37; ++i) {
                const bool expected = i == 9 || std::isnan(factor);
                CHECK(std::isnan(static_cast<double>(wide(few.arrays.param[i]))) == expected);
                CHECK(std::isnan(static_cast<double>(wide(few.arrays.grad[i]))) == expected);
            }
        }
    }
}
