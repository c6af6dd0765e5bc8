#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "lrcore/plateau.hpp"

using namespace lrcore;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

Plateau plateau(std::int64_t patience, std::int64_t cooldown, const char* mode = "min",
                const char* threshold_mode = "rel", double threshold = 1e-4) {
    return Plateau(mode, 0.1, patience, threshold, threshold_mode, cooldown);
}

/// The epochs, from 0, at which the learning rate is reduced.
std::vector<int> reductions(Plateau controller, const std::vector<double>& metrics) {
    std::vector<int> epochs;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        if (controller.update(metrics[i])) epochs.push_back(static_cast<int>(i));
    }
    return epochs;
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

TEST_CASE("Plateau reduces by the factor, down to min_lr, and never raises") {
    const Plateau halving("min", 0.5, 0, 0.0, "rel", 0);
    CHECK(halving.reduced(1.0, 0.0) == 0.5);
    CHECK(halving.reduced(1.0, 0.75) == 0.75);
    CHECK(halving.reduced(0.5, 0.75) == 0.5);
    CHECK(halving.reduced(1e-300, 0.0) == 5e-301);
}

TEST_CASE("a restored Plateau goes on where the other stopped") {
    Plateau first = plateau(2, 3);
    for (int i = 0; i < 5; ++i) first.update(1.0);
    CHECK(first.cooldown_left() == 2);
    Plateau second = plateau(2, 3);
    second.restore(first.state());
    CHECK(second.best() == 1.0);
    CHECK(second.num_bad() == 0);
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
    CHECK_THROWS_WITH_AS(Plateau("min", 1.0, 0, 0.0, "rel", 0),
                         "factor must be greater than 0 and less than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plateau(0, 0, "min", "rel", -1.0),
                         "threshold must be a finite number and not negative, but got -1.0",
                         std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).restore({not_a_number, 0, 0}), std::invalid_argument);
    CHECK_THROWS_AS(plateau(0, 0).restore({1.0, -1, 0}), std::invalid_argument);
}
