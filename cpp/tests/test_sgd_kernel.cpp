#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "sgd_arrays.hpp"
#include "sgd_kernel.hpp"
#include "sgd_reference.hpp"

using namespace lrcore;
using namespace sgd_arrays;
using sgd_reference::Variant;

#define ELEMENTS float, double, Bfloat16, Float16

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Around the vector widths of every instruction set.
const std::vector<std::size_t> sizes{0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 1000, 1000003};

SgdOptions options_of(double momentum, double weight_decay, bool nesterov) {
    SgdOptions options;
    options.lr = 0.1;
    options.momentum = momentum;
    options.weight_decay = weight_decay;
    options.nesterov = nesterov;
    return options;
}

/// Every recurrence alone, then each further option with some of them.
template <class Element>
std::vector<Variant> variants() {
    const bool is_half = sizeof(Element) == 2;
    std::vector<Variant> all;
    for (const double weight_decay : {0.0, 0.01}) {
        all.push_back({options_of(0.0, weight_decay, false)});
        for (const bool nesterov : {false, true}) {
            all.push_back({options_of(0.9, weight_decay, nesterov)});
            all.push_back({options_of(0.9, weight_decay, nesterov), true});
        }
    }
    Variant damped{options_of(0.9, 0.01, false)};
    damped.options.dampening = 0.3;
    damped.options.maximize = true;
    damped.has_average = true;
    damped.options.ema_decay = 0.99;
    all.push_back(damped);
    Variant averaged{options_of(0.0, 0.0, false), false, false, true, true};
    averaged.options.grad_factor = 0.7;
    averaged.options.grad_after = GradAfter::zeroed;
    all.push_back(averaged);
    Variant scaled{options_of(0.9, 0.01, true), false, is_half, true};
    scaled.options.grad_factor = 0.7;
    scaled.options.ema_decay = 0.9;
    scaled.options.maximize = true;
    scaled.options.grad_after = GradAfter::scaled;
    scaled.options.count_nonfinite = true;
    all.push_back(scaled);
    if (is_half) all.push_back({options_of(0.9, 0.01, true), true, true});
    return all;
}

template <class Element>
SgdTensor tensor_of(Arrays<Element>& arrays, const Variant& variant) {
    SgdTensor tensor = arrays.tensor();
    if (variant.options.momentum != 0.0) tensor.buffer = arrays.buffer.data() + 1;
    if (variant.has_master) tensor.master = arrays.master.data() + 1;
    if (variant.has_average) tensor.average = arrays.average.data() + 1;
    tensor.first_momentum = variant.first_momentum;
    tensor.first_average = variant.first_average;
    return tensor;
}

template <class Element>
std::size_t update(Arrays<Element>& arrays, const Variant& variant, InstructionSet set) {
    return sgd_update(tensor_of(arrays, variant), 0, arrays.size(), variant.options, set);
}

template <class Element>
Arrays<Element> updated(const Arrays<Element>& before, const Variant& variant, InstructionSet set) {
    Arrays<Element> after = before;
    update(after, variant, set);
    return after;
}

/// The furthest that weights, momenta and averages are from the recurrence in a wider type.
template <class T, class W>
W worst_error(const Arrays<T>& before, const Arrays<T>& after, const Variant& variant) {
    W worst = 0;
    for (std::size_t i = 1; i <= before.size(); ++i) {
        sgd_reference::State<W> state{before.param[i], before.buffer[i], before.average[i]};
        state = sgd_reference::step<T, W>(state, before.grad[i], variant);
        if (variant.has_average) state.e = sgd_reference::mean<T, W>(state.e, state.p, variant);
        worst =
            std::max({worst, std::abs(after.param[i] - state.p),
                      std::abs(after.buffer[i] - state.b), std::abs(after.average[i] - state.e)});
    }
    return worst;
}

/// A variant without anything but what the test gives it, and arrays of a few dozen elements.
template <class Element>
struct Few {
    Few() : arrays(37) {}

    std::size_t update(InstructionSet set) { return ::update(arrays, variant, set); }

    Arrays<Element> arrays;
    Variant variant{options_of(0.9, 0.01, true)};
};

}  // namespace

TEST_CASE_TEMPLATE("sgd_update follows the recurrence to the bit, in every instruction set",
                   Element, ELEMENTS) {
    for (const std::size_t size : sizes) {
        const Arrays<Element> before(size);
        for (const Variant& variant : variants<Element>()) {
            Arrays<Element> expected = before;
            sgd_reference::update(expected, variant);
            for (const InstructionSet set : available_instruction_sets()) {
                REQUIRE(updated(before, variant, set).same_bits_as(expected));
            }
        }
    }
}

// Let h be half the spacing of T at 1. A result of size M is rounded by at most M h. With all
// inputs at most 1, a factor at most 1 and the options above: factor * grad is off by 1 h; with
// 0.01 * p, 2.02 h at a size of 1.01; momentum * b (0.9 h) and undampened * g (3.03 h) make a
// momentum off by 5.84 h at a size of 1.91; the step g + 0.9 b is then off by 11.73 h at a size
// of 2.73, and lr * u by 1.45 h, p by 2.72 h at a size of 1.28. An average of that adds at
// most 1.28 h for each product and for the sum. So 6 h bounds all, and products of two errors are
// far below a further h.
TEST_CASE("sgd_update is within the rounding error of the recurrence in a wider type") {
    const auto set = available_instruction_sets().back();
    const auto check = [&](auto element, auto wider) {
        using T = decltype(element);
        using W = decltype(wider);
        const W h = static_cast<W>(std::numeric_limits<T>::epsilon()) / 2;
        for (const std::size_t size : sizes) {
            const Arrays<T> before(size);
            for (const Variant& variant : variants<T>()) {
                const W worst = worst_error<T, W>(before, updated(before, variant, set), variant);
                REQUIRE(worst <= 7 * h);
            }
        }
    };
    check(float(), double());
    check(double(), static_cast<long double>(0));
}

TEST_CASE_TEMPLATE("sgd_update gives the same bits however the range is cut", Element, ELEMENTS) {
    const std::vector<std::vector<std::size_t>> cuts{
        {1, 2, 3}, {1023, 1024, 1025}, {5, 64, 1000, 2047, 2049}, {3000, 4096, 4999}};
    const Arrays<Element> before(5000);
    for (const Variant& variant : variants<Element>()) {
        for (const InstructionSet set : available_instruction_sets()) {
            const Arrays<Element> whole = updated(before, variant, set);
            for (std::vector<std::size_t> ends : cuts) {
                Arrays<Element> parts = before;
                const SgdTensor tensor = tensor_of(parts, variant);
                ends.push_back(parts.size());
                std::size_t begin = 0;
                for (const std::size_t end : ends) {
                    sgd_update(tensor, begin, end, variant.options, set);
                    begin = end;
                }
                REQUIRE(parts.same_bits_as(whole));
            }
        }
    }
}

TEST_CASE_TEMPLATE("sgd_update leaves what is outside the range alone", Element, ELEMENTS) {
    for (const Variant& variant : variants<Element>()) {
        for (const InstructionSet set : available_instruction_sets()) {
            const Arrays<Element> before(200);
            Arrays<Element> expected = updated(before, variant, set);
            const auto restore = [](auto& after, const auto& old) {
                std::copy(old.begin(), old.begin() + 1 + 67, after.begin());
                std::copy(old.begin() + 1 + 131, old.end(), after.begin() + 1 + 131);
            };
            restore(expected.param, before.param);
            restore(expected.grad, before.grad);
            restore(expected.buffer, before.buffer);
            restore(expected.master, before.master);
            restore(expected.average, before.average);
            Arrays<Element> after = before;
            sgd_update(tensor_of(after, variant), 67, 131, variant.options, set);
            REQUIRE(after.same_bits_as(expected));
        }
    }
}

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
                    (is_nan ? element<Element>(not_a_number).bits : before.bits));
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

TEST_CASE_TEMPLATE("sgd_update with a factor of NaN or 0", Element, ELEMENTS) {
    for (const InstructionSet set : available_instruction_sets()) {
        Few<Element> few;
        few.variant.options.grad_factor = 0.0;  // of a clipped gradient whose norm is infinite
        few.variant.options.grad_after = GradAfter::scaled;
        few.variant.options.maximize = true;
        few.arrays.grad[9] = element<Element>(infinity);
        few.update(set);
        for (std::size_t i = 1; i <= 37; ++i) {
            CHECK(std::isnan(static_cast<double>(wide(few.arrays.param[i]))) == (i == 9));
            CHECK(std::isnan(static_cast<double>(wide(few.arrays.grad[i]))) == (i == 9));
        }
    }
}

TEST_CASE("sgd_update keeps the recurrence of a momentum that rounds to 0 in float") {
    for (const InstructionSet set : available_instruction_sets()) {
        Few<float> few;
        few.variant = {options_of(1e-60, 0.0, true)};
        few.update(set);
        for (std::size_t i = 1; i <= 37; ++i) CHECK(few.arrays.buffer[i] == few.arrays.grad[i]);
    }
}

TEST_CASE("the baseline is always available, and first") {
    CHECK(available_instruction_sets().front() == InstructionSet::baseline);
}
