#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "lrcore/parallel/thread_pool.hpp"
#include "lrcore/sgd/sgd_plan.hpp"

using namespace lrcore;

namespace {

SgdOptions options(double lr, double momentum = 0.0) {
    SgdOptions options;
    options.lr = lr;
    options.momentum = momentum;
    return options;
}

/// One memory each of parameters, gradients and buffers, seen as tensors laid end to end.
struct Arrays {
    explicit Arrays(std::size_t size) : param(size), grad(size), buffer(size) {
        std::mt19937 random(7);
        for (auto* values : {&param, &grad, &buffer}) {
            for (double& value : *values) value = static_cast<double>(random()) / 0x1p31 - 1.0;
        }
    }

    std::vector<GroupedTensor> tensors(const std::vector<std::size_t>& sizes) {
        std::vector<GroupedTensor> tensors;
        std::size_t at = 0;
        for (const std::size_t size : sizes) {
            tensors.push_back({tensor(&param[0] + at, &grad[0] + at, &buffer[0] + at, size), 0});
            at += size;
        }
        return tensors;
    }

    static SgdTensor tensor(double* param, double* grad, double* buffer, std::size_t size) {
        SgdTensor tensor;
        tensor.type = ElementType::float64;
        tensor.size = size;
        tensor.param = param;
        tensor.grad = grad;
        tensor.buffer = buffer;
        return tensor;
    }

    std::vector<double> param, grad, buffer;
};

const std::vector<std::size_t>& assign(SgdPlan& plan, const std::vector<GroupedTensor>& tensors) {
    return plan.assign({tensors.data(), tensors.size()});
}

std::size_t step(SgdPlan& plan, const std::vector<SgdOptions>& options) {
    return plan.step({options.data(), options.size()});
}

/// Lets the pool have more threads than this machine has cores.
struct ManyThreads {
    ManyThreads() : before(num_threads()) { set_num_threads(8); }
    ~ManyThreads() { set_num_threads(before); }
    std::int64_t before;
};

}  // namespace

TEST_CASE("a step has the same bits for any number of threads and of tensors") {
    const ManyThreads many;
    const std::size_t size = 1000003;
    SgdOptions nesterov = options(0.1, 0.9);
    nesterov.nesterov = true;
    nesterov.weight_decay = 0.01;
    nesterov.num_threads = 1;
    Arrays expected(size);
    SgdPlan whole;
    CHECK(assign(whole, expected.tensors({size})).empty());
    step(whole, {nesterov});
    for (const std::int64_t threads : {0, 1, 2, 3, 8}) {
        nesterov.num_threads = threads;
        Arrays actual(size);
        SgdPlan plan;
        CHECK(assign(plan, actual.tensors({5, 0, 64, 999900, 1, 33})).empty());
        step(plan, {nesterov});
        CHECK(actual.param == expected.param);
        CHECK(actual.buffer == expected.buffer);
    }
}

TEST_CASE("the norm has the same bits for every number of threads, and the right value") {
    const ManyThreads many;
    Arrays arrays(1000003);
    long double sum = 0.0L;
    for (const double g : arrays.grad) sum += static_cast<long double>(g) * g;
    SgdPlan plan;
    assign(plan, arrays.tensors({5, 0, 64, 999900, 1, 33}));
    const double norm = plan.grad_norm(0.5, 1);
    CHECK(norm == doctest::Approx(0.5 * std::sqrt(static_cast<double>(sum))).epsilon(1e-14));
    for (const std::int64_t threads : {0, 2, 3, 8}) CHECK(plan.grad_norm(0.5, threads) == norm);
}

TEST_CASE("the norm is 0 without gradients, inf with inf and NaN with NaN") {
    SgdPlan plan;
    CHECK(plan.grad_norm(1.0, 0) == 0.0);
    Arrays arrays(100);
    arrays.grad[7] = std::numeric_limits<double>::infinity();
    assign(plan, arrays.tensors({100}));
    CHECK(std::isinf(plan.grad_norm(1.0, 0)));
    arrays.grad[99] = std::nan("");
    CHECK(std::isnan(plan.grad_norm(1.0, 0)));
}

TEST_CASE("each group has its options, and what is counted is added up") {
    double params[] = {1.0, 1.0}, grads[] = {1.0, INFINITY};
    SgdOptions counting = options(0.5);
    counting.count_nonfinite = true;
    SgdPlan plan;
    assign(plan, {{Arrays::tensor(params, grads, nullptr, 1), 1},
                  {Arrays::tensor(params + 1, grads + 1, nullptr, 1), 0}});
    CHECK(step(plan, {counting, options(0.25)}) == 1);
    CHECK(params[0] == 0.75);
    CHECK(params[1] == -INFINITY);
}

TEST_CASE("moved gradients are followed, also into a parameter's memory") {
    double params[] = {1.0, 2.0}, grads[] = {1.0, 1.0}, moved[] = {4.0, 4.0};
    SgdPlan plan;
    const auto tensors = [&](double* first, double* second) {
        return std::vector<GroupedTensor>{{Arrays::tensor(params, first, nullptr, 1), 0},
                                          {Arrays::tensor(params + 1, second, nullptr, 1), 0}};
    };
    assign(plan, tensors(grads, grads + 1));
    step(plan, {options(1.0)});
    CHECK(params[0] == 0.0);
    CHECK(params[1] == 1.0);
    assign(plan, tensors(moved, moved + 1));
    step(plan, {options(1.0)});
    CHECK(params[0] == -4.0);
    CHECK(params[1] == -3.0);
    // The gradient of the second is the first parameter, which has its new value by then.
    CHECK(assign(plan, tensors(grads, params)).empty());
    step(plan, {options(1.0)});
    CHECK(params[0] == -5.0);
    CHECK(params[1] == 2.0);
    CHECK(assign(plan, tensors(params, grads)) == std::vector<std::size_t>{0});
    step(plan, {options(1.0)});
    CHECK(params[0] == -5.0);
    CHECK(params[1] == 1.0);
    CHECK(assign(plan, tensors(grads, grads + 1)).empty());
}

TEST_CASE("parameters in one memory are updated one after another, whatever the threads") {
    const ManyThreads many;
    const std::size_t size = 300000;
    Arrays arrays(size);
    std::vector<double> expected = arrays.param, other(size, 0.5);
    for (std::size_t i = 0; i < size; ++i) {
        expected[i] -= 0.25 * arrays.grad[i];
        expected[i] -= 0.25 * other[i];
    }
    SgdOptions threaded = options(0.25);
    threaded.num_threads = 8;
    SgdPlan plan;
    CHECK(assign(plan, {{Arrays::tensor(&arrays.param[0], &arrays.grad[0], nullptr, size), 0},
                        {Arrays::tensor(&arrays.param[0], &other[0], nullptr, size), 0}})
              .empty());
    step(plan, {threaded});
    CHECK(arrays.param == expected);
}

TEST_CASE("a tensor whose own arrays overlap is left out") {
    Arrays arrays(20);
    double* p = &arrays.param[0];
    double* g = &arrays.grad[0];
    double* b = &arrays.buffer[0];
    SgdPlan plan;
    CHECK(assign(plan, {{Arrays::tensor(p, p, b, 5), 0},
                        {Arrays::tensor(p + 5, g, b + 5, 5), 0},
                        {Arrays::tensor(p + 10, g + 5, p + 14, 5), 0},
                        {Arrays::tensor(p + 15, b + 14, b + 10, 5), 0}}) ==
          std::vector<std::size_t>{0, 2, 3});
    const Arrays before = arrays;
    step(plan, {options(0.5, 0.5)});
    for (std::size_t i = 0; i < 20; ++i) {
        const bool is_updated = i >= 5 && i < 10;
        CHECK((arrays.param[i] != before.param[i]) == is_updated);
        CHECK((arrays.buffer[i] != before.buffer[i]) == is_updated);
    }
}

TEST_CASE("a first buffer or average is not read, and only the first time") {
    double p = 8.0, g = 2.0, b = NAN, e = NAN;
    GroupedTensor grouped{Arrays::tensor(&p, &g, &b, 1), 0};
    grouped.tensor.average = &e;
    grouped.tensor.first_momentum = grouped.tensor.first_average = true;
    SgdOptions averaging = options(1.0, 0.5);
    averaging.ema_decay = 0.5;
    SgdPlan plan;
    assign(plan, {grouped});
    step(plan, {averaging});
    CHECK(b == 2.0);
    CHECK(e == 6.0);
    step(plan, {averaging});
    CHECK(b == 3.0);
    CHECK(p == 3.0);
    CHECK(e == 4.5);
}

TEST_CASE("a buffer is left as it is without momentum") {
    double p = 1.0, g = 1.0, b = 7.0;
    SgdPlan plan;
    assign(plan, {{Arrays::tensor(&p, &g, &b, 1), 0}});
    step(plan, {options(0.5)});
    CHECK(p == 0.5);
    CHECK(b == 7.0);
}

TEST_CASE("a rejected step changes nothing") {
    double params[] = {1.0, 1.0}, g = 1.0;
    SgdPlan plan;
    assign(plan, {{Arrays::tensor(params, &g, nullptr, 1), 0},
                  {Arrays::tensor(params + 1, &g, nullptr, 1), 1}});
    CHECK_THROWS_WITH_AS(step(plan, {options(1.0)}),
                         "options must hold a value for each group, but got 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(step(plan, {options(1.0), options(1.0, 0.5)}),
                         "momentum must be 0 without a buffer, but got 0.5", std::invalid_argument);
    CHECK_THROWS_WITH_AS(step(plan, {options(1.0), options(-1.0)}),
                         "lr must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    SgdOptions zeroing = options(1.0);
    zeroing.grad_after = GradAfter::zeroed;
    CHECK_THROWS_WITH_AS(step(plan, {options(1.0), zeroing}),
                         "grad_after must be 'kept' for gradients that overlap, but got 'zeroed'",
                         std::invalid_argument);
    CHECK(params[0] == 1.0);
    CHECK(params[1] == 1.0);
    CHECK(g == 1.0);
}

TEST_CASE("gradients that no longer overlap may be written") {
    double params[] = {1.0, 1.0}, grads[] = {1.0, 1.0};
    SgdOptions zeroing = options(1.0);
    zeroing.grad_after = GradAfter::zeroed;
    SgdPlan plan;
    for (const std::size_t second : {0, 1}) {
        assign(plan, {{Arrays::tensor(params, grads, nullptr, 1), 0},
                      {Arrays::tensor(params + 1, grads + second, nullptr, 1), 0}});
        if (second == 0) CHECK_THROWS_AS(step(plan, {zeroing}), std::invalid_argument);
    }
    step(plan, {zeroing});
    CHECK(params[1] == 0.0);
    CHECK(grads[1] == 0.0);
}
