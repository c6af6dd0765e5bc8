#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "lrcore/monitors/plateau.hpp"

using namespace lrcore;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

Plateau plateau(std::int64_t patience, std::int64_t cooldown, const char* mode = "min",
                const char* threshold_mode = "rel", double threshold = 1e-4) {
    return Plateau(mode, 0.1, patience, threshold, threshold_mode, cooldown, "torch", "bad");
}

Plateau keras_plateau(std::int64_t patience, std::int64_t cooldown) {
    return Plateau("min", 0.1, patience, 1e-4, "abs", cooldown, "keras", "bad");
}

Plateau tolerant(const char* nan) { return Plateau("min", 0.1, 1, 1e-4, "rel", 0, "torch", nan); }

/// The epochs, from 0, at which a learning rate far from its bound is reduced.
std::vector<int> reductions(Plateau controller, const std::vector<double>& metrics) {
    std::vector<int> epochs;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        if (controller.update(metrics[i], {{1.0, 0.0, 0.0}})) {
            epochs.push_back(static_cast<int>(i));
        }
    }
    return epochs;
}

/// The learning rates after a reduction by a half.
std::optional<std::vector<double>> halved(const std::vector<Plateau::Lr>& lrs) {
    Plateau halving("min", 0.5, 0, 0.0, "rel", 0, "torch", "bad");
    halving.update(1.0, lrs);
    const auto reduction = halving.update(1.0, lrs);
    if (!reduction) return std::nullopt;
    return reduction->lrs;
}

const std::vector<double> flat(16, 1.0);

}  // namespace

TEST_CASE("Plateau on a flat metric reduces after patience + 1 bad epochs, as torch") {
    CHECK(reductions(plateau(2, 0), flat) == std::vector<int>{3, 6, 9, 12, 15});
    CHECK(reductions(plateau(0, 0), {1.0, 1.0, 1.0}) == std::vector<int>{1, 2});
}

TEST_CASE("Plateau counts nothing during the cooldown, as torch") {
    CHECK(reductions(plateau(2, 1), flat) == std::vector<int>{3, 7, 11, 15});
    CHECK(reductions(plateau(2, 2), flat) == std::vector<int>{3, 8, 13});
    CHECK(reductions(plateau(2, 3), flat) == std::vector<int>{3, 9, 15});
}

TEST_CASE("Plateau takes an improvement during the cooldown as the best") {
    CHECK(reductions(plateau(0, 2), {1.0, 1.0, 0.5, 0.5, 0.5}) == std::vector<int>{1, 4});
    CHECK(reductions(plateau(0, 2), {1.0, 1.0, 0.5, 0.6, 0.4}) == std::vector<int>{1});
}

TEST_CASE("Plateau never cuts a small loss that improves by a tenth per epoch") {
    std::vector<double> metrics{1e-5};
    while (metrics.size() < 20) metrics.push_back(0.9 * metrics.back());
    CHECK(reductions(plateau(0, 0), metrics).empty());
}

TEST_CASE("Plateau cuts a negative metric that slowly worsens") {
    std::vector<double> metrics;
    for (int i = 0; i < 8; ++i) metrics.push_back(-1.0 + 1e-6 * i);
    CHECK(reductions(plateau(2, 0), metrics) == std::vector<int>{3, 6});
}

TEST_CASE("Plateau ignores a first metric of NaN") {
    CHECK(reductions(plateau(1, 0), {not_a_number, 4.0, 2.0, 1.0, 0.5}).empty());
    CHECK(reductions(plateau(1, 0), {not_a_number, not_a_number, 1.0}) == std::vector<int>{1});
}

TEST_CASE("Plateau measures the threshold by the size of the best, in either mode") {
    // 10%: from 1 better below 0.9, from -1 better below -1.1 (min); mirrored for max.
    CHECK(reductions(plateau(0, 0, "min", "rel", 0.1), {1.0, 0.91}) == std::vector<int>{1});
    CHECK(reductions(plateau(0, 0, "min", "rel", 0.1), {1.0, 0.89}).empty());
    CHECK(reductions(plateau(0, 0, "min", "rel", 0.1), {-1.0, -1.09}) == std::vector<int>{1});
    CHECK(reductions(plateau(0, 0, "min", "rel", 0.1), {-1.0, -1.11}).empty());
    CHECK(reductions(plateau(0, 0, "max", "rel", 0.1), {1.0, 1.09}) == std::vector<int>{1});
    CHECK(reductions(plateau(0, 0, "max", "rel", 0.1), {1.0, 1.11}).empty());
}

TEST_CASE("Plateau takes an absolute threshold as it is") {
    CHECK(reductions(plateau(0, 0, "min", "abs", 0.5), {8.0, 7.5}) == std::vector<int>{1});
    CHECK(reductions(plateau(0, 0, "min", "abs", 0.5), {8.0, 7.25}).empty());
    CHECK(reductions(plateau(0, 0, "max", "abs", 0.5), {8.0, 8.5}) == std::vector<int>{1});
    CHECK(reductions(plateau(0, 0, "max", "abs", 0.5), {8.0, 8.75}).empty());
}

TEST_CASE("Plateau counts patience and cooldown as Keras does") {
    CHECK(reductions(keras_plateau(2, 0), flat) == std::vector<int>{2, 4, 6, 8, 10, 12, 14});
    CHECK(reductions(keras_plateau(2, 1), flat) == reductions(keras_plateau(2, 0), flat));
    CHECK(reductions(keras_plateau(2, 2), flat) == std::vector<int>{2, 5, 8, 11, 14});
    CHECK(reductions(keras_plateau(2, 3), flat) == std::vector<int>{2, 6, 10, 14});
    CHECK(reductions(keras_plateau(0, 0), flat) == reductions(keras_plateau(1, 0), flat));
}

TEST_CASE("Plateau never takes an infinite metric for the best") {
    CHECK(reductions(plateau(1, 0), {infinity, 4.0, 4.0, 2.0}).empty());
    CHECK(reductions(plateau(1, 0), {1.0, -infinity, 0.5, 0.25}).empty());
    CHECK(reductions(plateau(1, 0, "max"), {1.0, infinity, 2.0, 4.0}).empty());
}

TEST_CASE("Plateau with nan='ignore' ignores a NaN") {
    const std::vector<double> metrics{1.0, 1.0, not_a_number, infinity, 0.5, 0.5, 0.5};
    CHECK(reductions(tolerant("bad"), metrics) == std::vector<int>{2, 6});
    CHECK(reductions(tolerant("ignore"), metrics) == std::vector<int>{6});
}

TEST_CASE("Plateau with nan='raise' raises at a NaN and keeps its state") {
    Plateau controller = tolerant("raise");
    controller.update(1.0, {});
    CHECK_THROWS_WITH_AS(controller.update(not_a_number, {}),
                         "metric must be a finite number, but got nan", std::invalid_argument);
    CHECK(controller.state().step == 1);
    CHECK(controller.state().num_bad == 0);
}

TEST_CASE("Plateau reduces by the factor, down to min_lr, and never raises") {
    CHECK(halved({{1.0, 0.0, 0.0}, {1.0, 0.75, 0.0}}) == std::vector{0.5, 0.75});
    CHECK(halved({{1.0, 0.0, 0.0}, {0.5, 0.75, 0.0}}) == std::vector{0.5, 0.5});
    CHECK(halved({{1e-300, 0.0, 0.0}}) == std::vector{5e-301});
    CHECK(halved({{0.75, 0.75, 0.0}, {0.0, 0.0, 0.0}}) == std::nullopt);
}

TEST_CASE("Plateau leaves out a fall by eps or less") {
    CHECK(halved({{1.0, 0.0, 0.5}}) == std::nullopt);
    CHECK(halved({{1.0, 0.0, 0.25}}) == std::vector{0.5});
}

TEST_CASE("Plateau tells when and after how many bad metrics it reduces") {
    Plateau controller = plateau(2, 0);
    for (int i = 0; i < 3; ++i) CHECK(!controller.update(1.0, {{1.0, 0.0, 0.0}}));
    const auto reduction = controller.update(1.0, {{1.0, 0.0, 0.0}});
    REQUIRE(reduction);
    CHECK(reduction->step == 3);
    CHECK(reduction->num_bad == 3);
}

TEST_CASE("Plateau at min_lr resets its count as torch and waits as Keras") {
    Plateau torch = plateau(2, 0);
    Plateau keras = keras_plateau(2, 0);
    for (int i = 0; i < 8; ++i) {
        CHECK(!torch.update(1.0, {{0.1, 0.1, 0.0}}));
        CHECK(!keras.update(1.0, {{0.1, 0.1, 0.0}}));
    }
    CHECK(torch.state().num_bad == 1);
    CHECK(!torch.update(1.0, {{0.2, 0.1, 0.0}}));
    CHECK(keras.state().num_bad == 7);
    CHECK(keras.update(1.0, {{0.2, 0.1, 0.0}}));
}

TEST_CASE("a restored Plateau continues where the other stopped") {
    Plateau first = plateau(2, 3);
    for (int i = 0; i < 5; ++i) first.update(1.0, {{1.0, 0.0, 0.0}});
    CHECK(first.state().cooldown_left == 2);
    Plateau second = plateau(2, 3);
    second.restore(first.state());
    CHECK(second.state().best == 1.0);
    CHECK(second.state().num_bad == 0);
    CHECK(second.state().step == 5);
    CHECK(reductions(second, flat) == reductions(first, flat));
}

TEST_CASE("Plateau names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(plateau(0, 0, "mean"), "mode must be 'min' or 'max', but got 'mean'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plateau(0, 0, "min", "none"),
                         "threshold_mode must be 'rel' or 'abs', but got 'none'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plateau(-1, 0), "patience must be at least 0, but got -1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plateau(0, -2), "cooldown must be at least 0, but got -2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Plateau("min", 1.0, 0, 0.0, "rel", 0, "torch", "bad"),
                         "factor must be greater than 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plateau(0, 0, "min", "rel", -1.0),
                         "threshold must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Plateau("min", 0.5, 0, 0.0, "rel", 0, "optax", "bad"),
                         "compat must be 'torch' or 'keras', but got 'optax'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(tolerant("skip"), "nan must be 'ignore', 'bad' or 'raise', but got 'skip'",
                         std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).update(1.0, {{-1.0, 0.0, 0.0}}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).update(1.0, {{1.0, infinity, 0.0}}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).update(1.0, {{1.0, 0.0, not_a_number}}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).restore({infinity, 0, 0, 0}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).restore({1.0, -1, 0, 0}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).restore({1.0, 0, 0, -1}), std::invalid_argument);
}
