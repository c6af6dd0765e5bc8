#include <doctest/doctest.h>

#include <stdexcept>

#include "lrcore/range_test/loss_recorder.hpp"

using namespace lrcore;

using Values = std::vector<double>;

TEST_CASE("LossRecorder averages every column over the updates of a point") {
    LossRecorder recorder(2, 0);
    recorder.record(1.0, 10.0, 0.5);
    CHECK(recorder.point_has_begun());
    CHECK_FALSE(recorder.point_is_full());
    recorder.record(2.0, 30.0, 0.0);
    CHECK(recorder.point_is_full());
    CHECK(recorder.complete_point() == 1.5);
    CHECK_FALSE(recorder.point_has_begun());
    CHECK(recorder.losses().points == Values{1.5});
    CHECK(recorder.training_losses()->points == Values{20.0});
    CHECK(recorder.metrics()->points == Values{0.25});
    CHECK(recorder.losses().updates == Values{1.0, 2.0});
}

TEST_CASE("LossRecorder leaves the lead updates out of the points") {
    LossRecorder recorder(2, 1);
    recorder.record(100.0, std::nullopt, std::nullopt);
    CHECK_FALSE(recorder.point_has_begun());
    for (const double loss : {1.0, 2.0}) recorder.record(loss, std::nullopt, std::nullopt);
    CHECK(recorder.point_is_full());
    CHECK(recorder.complete_point() == 1.5);
    for (const double loss : {3.0, 5.0}) recorder.record(loss, std::nullopt, std::nullopt);
    CHECK(recorder.complete_point() == 4.0);
    CHECK(recorder.num_updates() == 5);
    CHECK(recorder.num_points() == 2);
}

TEST_CASE("LossRecorder completes a point with fewer updates") {
    LossRecorder recorder(3, 0);
    recorder.record(1.0, std::nullopt, std::nullopt);
    recorder.record(2.0, std::nullopt, std::nullopt);
    CHECK(recorder.complete_point() == 1.5);
}

TEST_CASE("LossRecorder has no column that was never given") {
    LossRecorder recorder(1, 0);
    recorder.record(1.0, std::nullopt, 0.5);
    CHECK_FALSE(recorder.training_losses().has_value());
    CHECK(recorder.metrics().has_value());
}

TEST_CASE("LossRecorder refuses a column with gaps and records nothing then") {
    LossRecorder with(1, 0);
    with.record(1.0, std::nullopt, 0.5);
    CHECK_THROWS_WITH_AS(with.record(2.0, std::nullopt, std::nullopt),
                         "metric must be given with every loss or with none, but update 1 has none "
                         "and those before have one",
                         std::invalid_argument);
    CHECK(with.num_updates() == 1);
    LossRecorder without(1, 0);
    without.record(1.0, std::nullopt, std::nullopt);
    CHECK_THROWS_WITH_AS(without.record(2.0, 3.0, std::nullopt),
                         "training_loss must be given with every loss or with none, but update 1 "
                         "has one and those before have none",
                         std::invalid_argument);
    CHECK(without.num_updates() == 1);
    CHECK_FALSE(without.training_losses().has_value());
}
