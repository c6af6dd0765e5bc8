#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/range_test/loss_recorder.hpp"

using namespace lrcore;

using Values = std::vector<double>;

TEST_CASE("Recording averages every column over the updates of a point") {
    Recording recording(2, 0);
    recording.record(1.0, 10.0, 0.5);
    CHECK(recording.point_has_begun());
    CHECK_FALSE(recording.point_is_full());
    recording.record(2.0, 30.0, 0.0);
    CHECK(recording.point_is_full());
    CHECK(recording.complete_point() == 1.5);
    CHECK_FALSE(recording.point_has_begun());
    CHECK(recording.losses().points == Values{1.5});
    CHECK(recording.training_losses()->points == Values{20.0});
    CHECK(recording.metrics()->points == Values{0.25});
    CHECK(recording.losses().updates == Values{1.0, 2.0});
}

TEST_CASE("Recording leaves the first updates out of the points where these come later") {
    Recording recording(2, 1);
    recording.record(100.0, std::nullopt, std::nullopt);
    CHECK_FALSE(recording.point_has_begun());
    for (const double loss : {1.0, 2.0}) recording.record(loss, std::nullopt, std::nullopt);
    CHECK(recording.point_is_full());
    CHECK(recording.complete_point() == 1.5);
    for (const double loss : {3.0, 5.0}) recording.record(loss, std::nullopt, std::nullopt);
    CHECK(recording.complete_point() == 4.0);
    CHECK(recording.num_updates() == 5);
    CHECK(recording.num_points() == 2);
}

TEST_CASE("Recording makes a point of fewer updates than it wants") {
    Recording recording(3, 0);
    recording.record(1.0, std::nullopt, std::nullopt);
    recording.record(2.0, std::nullopt, std::nullopt);
    CHECK(recording.complete_point() == 1.5);
}

TEST_CASE("Recording has no column that was never given") {
    Recording recording(1, 0);
    recording.record(1.0, std::nullopt, 0.5);
    CHECK_FALSE(recording.training_losses().has_value());
    CHECK(recording.metrics().has_value());
}

TEST_CASE("Recording refuses a column with gaps and records nothing then") {
    Recording with(1, 0);
    with.record(1.0, std::nullopt, 0.5);
    CHECK_THROWS_WITH_AS(with.record(2.0, std::nullopt, std::nullopt),
                         "metric must be given with every loss or with none, but update 1 has none "
                         "and those before have one",
                         std::invalid_argument);
    CHECK(with.num_updates() == 1);
    Recording without(1, 0);
    without.record(1.0, std::nullopt, std::nullopt);
    CHECK_THROWS_WITH_AS(without.record(2.0, 3.0, std::nullopt),
                         "training_loss must be given with every loss or with none, but update 1 "
                         "has one and those before have none",
                         std::invalid_argument);
    CHECK(without.num_updates() == 1);
    CHECK_FALSE(without.training_losses().has_value());
}
