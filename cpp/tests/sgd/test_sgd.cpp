#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "lrcore/sgd/sgd.hpp"

using namespace lrcore;

namespace {

/// Parameters, gradients and buffers, none of them zero; as tensors of the given sizes laid end to
/// end.
template <class T>
struct Arrays {
    explicit Arrays(std::size_t size) : param(size), grad(size), buffer(size) {
        std::mt19937 random(7);
        for (auto* values : {&param, &grad, &buffer}) {
            for (T& value : *values)
                value = static_cast<T>(random()) / T(0x1p31) - T(1) + T(0x1p-20);
        }
    }

    std::vector<SgdTensor> tensors(const std::vector<std::size_t>& sizes, bool with_buffer) {
        std::vector<SgdTensor> tensors;
        std::size_t at = 0;
        for (const std::size_t size : sizes) {
            SgdTensor tensor;
            tensor.type = std::is_same_v<T, float> ? ElementType::float32 : ElementType::float64;
            tensor.size = size;
            tensor.param = param.data() + at;
            tensor.grad = grad.data() + at;
            if (with_buffer) tensor.buffer = buffer.data() + at;
            tensors.push_back(tensor);
            at += size;
        }
        return tensors;
    }

    void step(const std::vector<std::size_t>& sizes, const SgdOptions& options) {
        sgd_step(tensors(sizes, options.momentum > 0.0), options);
    }

    std::vector<T> param, grad, buffer;
};

template <class T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// The recurrence for one element, in a wider type.
template <class T>
void reference_step(Wider<T>& p, Wider<T> g, Wider<T>& b, const SgdOptions& options) {
    using W = Wider<T>;
    const W lr = static_cast<T>(options.lr);
    const W mu = static_cast<T>(options.momentum);
    const W wd = static_cast<T>(options.weight_decay);
    g += wd * p;
    if (options.momentum == 0.0) {
        p -= lr * g;
        return;
    }
    b = mu * b + g;
    p -= lr * (options.nesterov ? g + mu * b : b);
}

SgdOptions options_of(double lr, double momentum, double weight_decay, bool nesterov,
                      std::int64_t num_threads = 0) {
    SgdOptions options;
    options.lr = lr;
    options.momentum = momentum;
    options.weight_decay = weight_decay;
    options.nesterov = nesterov;
    options.num_threads = num_threads;
    return options;
}

const std::vector<SgdOptions> recurrences{
    options_of(0.1, 0.0, 0.0, false), options_of(0.1, 0.0, 0.01, false),
    options_of(0.1, 0.9, 0.0, false), options_of(0.1, 0.9, 0.01, false),
    options_of(0.1, 0.9, 0.0, true),  options_of(0.1, 0.9, 0.01, true),
};

// Around the vector widths of every instruction set.
const std::vector<std::size_t> sizes{0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 1000, 1000003};

}  // namespace

TEST_CASE_TEMPLATE("sgd_step follows the recurrence at every size", T, float, double) {
    for (const SgdOptions& options : recurrences) {
        for (const std::size_t size : sizes) {
            const Arrays<T> before(size);
            Arrays<T> after = before;
            after.step({size}, options);
            Wider<T> worst = 0;
            for (std::size_t i = 0; i < size; ++i) {
                Wider<T> p = before.param[i], b = before.buffer[i];
                reference_step<T>(p, before.grad[i], b, options);
                worst =
                    std::max({worst, std::abs(after.param[i] - p), std::abs(after.buffer[i] - b)});
            }
            // No intermediate exceeds 3, and each of at most 7 operations rounds once.
            REQUIRE(worst <= 4 * static_cast<Wider<T>>(std::numeric_limits<T>::epsilon()));
            REQUIRE(after.grad == before.grad);
            REQUIRE((options.momentum > 0.0 || after.buffer == before.buffer));
        }
    }
}

TEST_CASE_TEMPLATE("sgd_step gives the same bits for any number of threads and tensors", T, float,
                   double) {
    const std::size_t size = 1000003;
    for (SgdOptions options : recurrences) {
        Arrays<T> expected(size);
        options.num_threads = 1;
        expected.step({size}, options);
        for (const std::int64_t num_threads : {0, 2, 3, 8}) {
            options.num_threads = num_threads;
            Arrays<T> actual(size);
            actual.step({5, 0, 64, 999900, 1, 33}, options);
            REQUIRE(actual.param == expected.param);
            REQUIRE(actual.buffer == expected.buffer);
        }
    }
}

TEST_CASE("sgd_step uses no more threads than there are cache lines to write") {
    Arrays<float> expected(3), actual(3);
    expected.step({3}, options_of(0.1, 0.9, 0.01, true, 1));
    actual.step({3}, options_of(0.1, 0.9, 0.01, true, std::numeric_limits<std::int64_t>::max()));
    CHECK(actual.param == expected.param);
}

TEST_CASE_TEMPLATE("sgd_step lets NaN and infinity through, and only where they are", T, float,
                   double) {
    Arrays<T> arrays(64);
    arrays.grad[3] = std::numeric_limits<T>::quiet_NaN();
    arrays.grad[17] = std::numeric_limits<T>::infinity();
    arrays.step({64}, options_of(0.1, 0.9, 0.01, true, 0));
    for (std::size_t i = 0; i < 64; ++i) {
        CHECK(std::isnan(arrays.param[i]) == (i == 3));
        CHECK(std::isinf(arrays.param[i]) == (i == 17));
    }
    CHECK(arrays.param[17] < T(0));
}

TEST_CASE("sgd_step without weight decay does not multiply an infinite parameter by 0") {
    Arrays<float> arrays(1);
    arrays.param[0] = std::numeric_limits<float>::infinity();
    arrays.step({1}, options_of(0.1, 0.9, 0.0, true, 0));
    CHECK(std::isfinite(arrays.buffer[0]));
    CHECK(std::isinf(arrays.param[0]));
}

TEST_CASE("sgd_step keeps the recurrence of a momentum that rounds to 0 in float") {
    Arrays<float> arrays(2);
    const std::vector<float> grad = arrays.grad;
    arrays.step({2}, options_of(0.1, 1e-60, 0.0, true, 0));
    CHECK(arrays.buffer == grad);
}

TEST_CASE("sgd_step rejects options out of range and then changes nothing") {
    const auto check_rejected = [](const SgdOptions& options, const char* message) {
        Arrays<double> arrays(4);
        CHECK_THROWS_WITH_AS(arrays.step({4}, options), message, std::invalid_argument);
        CHECK(arrays.param == Arrays<double>(4).param);
    };
    check_rejected(options_of(-0.1, 0.0, 0.0, false, 0),
                   "lr must be a finite number and not negative, but got -0.1");
    check_rejected(options_of(0.1, -1.0, 0.0, false, 0),
                   "momentum must be a finite number and not negative, but got -1.0");
    check_rejected(options_of(0.1, 0.0, std::nan(""), false, 0),
                   "weight_decay must be a finite number and not negative, but got nan");
    check_rejected(options_of(0.1, 0.0, 0.0, true, 0),
                   "momentum must be greater than 0 with nesterov, but got 0.0");
    check_rejected(options_of(0.1, 0.0, 0.0, false, -1),
                   "num_threads must not be negative, but got -1");
}

TEST_CASE("sgd_step rejects arrays that overlap") {
    Arrays<double> arrays(8);
    auto tensors = arrays.tensors({4, 4}, true);
    const SgdOptions options = options_of(0.1, 0.9, 0.0, true, 0);
    tensors[0].buffer = arrays.param.data() + 6;
    CHECK_THROWS_WITH_AS(sgd_step(tensors, options), "params[1] overlaps buffers[0]",
                         std::invalid_argument);
    CHECK(arrays.param == Arrays<double>(8).param);
}
