#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/cosine.hpp"
#include "values.hpp"

using namespace lrcore;

TEST_CASE("Cosine falls along half a wave") {
    const std::vector<double> lrs = values(Cosine(1.0, 6, 0.0), 0, 7);
    const double root3 = std::sqrt(3.0);
    const std::vector<double> expected{1.0,  (2.0 + root3) / 4.0, 0.75, 0.5,
                                       0.25, (2.0 - root3) / 4.0, 0.0};
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    }
}

TEST_CASE("Cosine is exact at both ends and holds min_lr") {
    const Cosine schedule(0.1, 1000, 0.007);
    CHECK(schedule(0) == 0.1);
    CHECK(schedule(1000) == 0.007);
    CHECK(schedule(1001) == 0.007);
    CHECK(schedule(far_step) == 0.007);
    CHECK(schedule(last_step) == 0.007);
}

TEST_CASE("Cosine keeps its digits at the end of a long decay") {
    // sin(x)^2 is x^2 to 17 digits for so small an x, where (1 + cos) / 2 is wrong in the sixth
    // digit.
    const double x = std::acos(0.0) * 1e-9;
    CHECK(Cosine(1.0, 1'000'000'000, 0.0)(999'999'999) ==
          doctest::Approx(x * x).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Cosine with min_lr equal to base_lr is constant") {
    CHECK(values(Cosine(0.1, 2, 0.1), 0, 4) == std::vector<double>{0.1, 0.1, 0.1, 0.1});
}

TEST_CASE("Cosine names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Cosine(0.1, 0, 0.0), "decay_steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cosine(0.1, 10, -0.1),
                         "min_lr must be a finite number and not negative, but got -0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cosine(0.1, 10, 0.2),
                         "min_lr must not be greater than base_lr=0.1, but got 0.2",
                         std::invalid_argument);
}
