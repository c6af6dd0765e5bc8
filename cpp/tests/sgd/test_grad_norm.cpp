#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "sgd/grad_norm.hpp"
#include "sgd/sgd_arrays.hpp"

using namespace lrcore;
using namespace sgd_arrays;

namespace {

template <class Element>
double sum(std::vector<Element>& grad, double factor, InstructionSet set, std::size_t begin = 0) {
    SgdTensor tensor;
    tensor.type = type<Element>;
    tensor.size = grad.size();
    tensor.grad = grad.data();
    return sum_of_squares(tensor, begin, grad.size(), factor, set);
}

template <class Element>
std::vector<Element> random_values(std::size_t size) {
    std::mt19937 random(11);
    std::vector<Element> values;
    for (std::size_t i = 0; i < size; ++i) {
        values.push_back(element<Element>(static_cast<double>(random()) / 0x1p31 - 1.0));
    }
    return values;
}

const std::vector<std::size_t> sizes{0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 1000, 1000003};

}  // namespace

TEST_CASE_TEMPLATE("sum_of_squares of integers is exact", Element, float, double, Bfloat16,
                   Float16) {
    for (const InstructionSet set : available_instruction_sets()) {
        for (const std::size_t size : sizes) {
            std::vector<Element> grad;
            std::uint64_t expected = 0;
            for (std::size_t i = 0; i < size; ++i) {
                const std::int64_t integer = static_cast<std::int64_t>(i * 7 % 251) - 125;
                grad.push_back(element<Element>(static_cast<double>(integer)));
                expected += static_cast<std::uint64_t>(integer * integer);
            }
            REQUIRE(sum(grad, 1.0, set) == static_cast<double>(expected));
            REQUIRE(sum(grad, -0.5, set) == static_cast<double>(expected) / 4);
        }
    }
}

TEST_CASE_TEMPLATE("sum_of_squares is near the sum in long double, the same in every set", Element,
                   float, double, Bfloat16, Float16) {
    const double factor = 0.3;
    for (const std::size_t size : sizes) {
        std::vector<Element> grad = random_values<Element>(size);
        long double expected = 0;
        for (const Element each : grad) {
            const long double scaled =
                static_cast<long double>(factor) * static_cast<long double>(wide(each));
            expected += scaled * scaled;
        }
        const double baseline = sum(grad, factor, InstructionSet::baseline);
        // Half a unit for the factor, twice as the product is squared, for the square and for each
        // of the additions to a lane and of lanes. All terms are positive, so nothing cancels.
        const double units = 0.5 * (2 + 1 + 5 + static_cast<double>(size) / 32 + 1);
        const double bound = units * std::numeric_limits<double>::epsilon();
        REQUIRE(std::abs(static_cast<long double>(baseline) - expected) <= bound * expected);
        for (const InstructionSet set : available_instruction_sets()) {
            REQUIRE(sum(grad, factor, set) == baseline);
        }
    }
}

TEST_CASE("sum_of_squares keeps to its range") {
    std::vector<float> grad(100, 2.0f);
    for (const InstructionSet set : available_instruction_sets()) {
        CHECK(sum(grad, 1.0, set, 100) == 0.0);
        CHECK(sum(grad, 1.0, set, 99) == 4.0);
        CHECK(sum(grad, 1.0, set, 59) == 164.0);
    }
}

TEST_CASE("sum_of_squares of great and small float32 values stays finite and above 0") {
    std::vector<float> great(1000, 1e30f), small(1000, 1e-40f);
    for (const InstructionSet set : available_instruction_sets()) {
        CHECK(sum(great, 1.0, set) == doctest::Approx(1e63).epsilon(1e-6));
        CHECK(sum(small, 1.0, set) == doctest::Approx(1e-77).epsilon(1e-4));
    }
}

TEST_CASE_TEMPLATE("sum_of_squares lets infinity and NaN through from every place", Element, float,
                   double, Bfloat16, Float16) {
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const InstructionSet set : available_instruction_sets()) {
        for (std::size_t at = 0; at < 37; ++at) {
            std::vector<Element> grad = random_values<Element>(37);
            grad[at] = element<Element>(-infinity);
            REQUIRE(sum(grad, 1.0, set) == infinity);
            REQUIRE(std::isnan(sum(grad, 0.0, set)));
            grad[at] = element<Element>(nan);
            REQUIRE(std::isnan(sum(grad, 1.0, set)));
        }
        std::vector<Element> grad = random_values<Element>(37);
        REQUIRE(std::isnan(sum(grad, nan, set)));
        REQUIRE(sum(grad, infinity, set) == infinity);
    }
}
