#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sgd/sgd_updates.hpp"

using namespace sgd_updates;

#define ELEMENTS float, double, Bfloat16, Float16

namespace {

/// Every recurrence alone, then each further option with some of them.
template <class Element>
std::vector<Variant> variants() {
    const bool is_half = sizeof(Element) == 2;
    std::vector<Variant> all;
    for (const double grad_factor : {1.0, 0.7}) {
        for (const double weight_decay : {0.0, 0.01}) {
            const auto add = [&](double momentum, bool nesterov, bool first) {
                all.push_back({options_of(momentum, weight_decay, nesterov), first});
                all.back().options.grad_factor = grad_factor;
            };
            add(0.0, false, false);
            for (const bool nesterov : {false, true}) {
                for (const bool first : {false, true}) add(0.9, nesterov, first);
            }
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

TEST_CASE("sgd_update keeps the momentum recurrence when momentum rounds to 0 in float") {
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
