#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/range_test/lr_sweep.hpp"

using namespace lrcore;

using Lrs = std::vector<double>;

TEST_CASE("LrSweep by equal factors is exact at both ends in every group") {
    const LrSweep sweep({1e-4, 0.1}, {1.0, 0.7}, 5, "exp");
    CHECK(sweep.num_groups() == 2);
    CHECK(sweep.num_points() == 5);
    CHECK(sweep(0) == Lrs{1e-4, 0.1});
    CHECK(sweep(4) == Lrs{1.0, 0.7});
    CHECK(sweep(2)[0] == doctest::Approx(1e-2).epsilon(1e-15));
    CHECK(sweep(2)[1] == doctest::Approx(std::sqrt(0.07)).epsilon(1e-15));
}

TEST_CASE("LrSweep by equal differences is exact at both ends in every group") {
    const LrSweep sweep({0.25, 0.1}, {1.25, 0.7}, 5, "linear");
    CHECK(sweep(0) == Lrs{0.25, 0.1});
    CHECK(sweep(1)[0] == 0.5);
    CHECK(sweep(2)[1] == doctest::Approx(0.4).epsilon(1e-15));
    CHECK(sweep(4) == Lrs{1.25, 0.7});
}

TEST_CASE("LrSweep between neighbouring numbers rises at every point or is refused") {
    for (const char* step_mode : {"exp", "linear"}) {
        for (double end = std::nextafter(1.0, 2.0); end < 1.0 + 1e-12;
             end = 1.0 + 2.0 * (end - 1.0)) {
            try {
                const LrSweep sweep({1.0}, {end}, 50, step_mode);
                for (std::int64_t i = 1; i < 50; ++i) CHECK(sweep(i - 1) < sweep(i));
                CHECK(end > 1.0 + 50 * 1e-15);
            } catch (const std::invalid_argument&) {
                CHECK(end < 1.0 + 50 * 2e-15);
            }
        }
    }
    CHECK_THROWS_WITH_AS(LrSweep({0.1}, {std::nextafter(0.1, 1.0)}, 50, "exp"),
                         "end_lr must be farther above start_lr=0.1 for 50 different learning "
                         "rates, but got 0.10000000000000002",
                         std::invalid_argument);
}

TEST_CASE("LrSweep names the argument that it rejects, with its group where there are several") {
    CHECK_THROWS_WITH_AS(LrSweep({0.1}, {0.1}, 5, "exp"),
                         "end_lr must be greater than start_lr=0.1, but got 0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1, 0.2}, {1.0, 0.1}, 5, "exp"),
                         "end_lr[1] must be greater than start_lr[1]=0.2, but got 0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1, 0.0}, {1.0, 0.1}, 5, "exp"),
                         "start_lr[1] must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1}, {HUGE_VAL}, 5, "linear"),
                         "end_lr must be a finite number greater than 0, but got inf",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1, 0.2}, {1.0}, 5, "exp"),
                         "len(end_lr) must be len(start_lr) = 2, but got 1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({}, {}, 5, "exp"), "len(start_lr) must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1}, {1.0}, 1, "exp"), "num_iter must be at least 2, but got 1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(LrSweep({0.1}, {1.0}, 5, "log"),
                         "step_mode must be 'exp' or 'linear', but got 'log'",
                         std::invalid_argument);
}
