#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "lrcore/schedules/cosine.hpp"
#include "schedules/values.hpp"

using namespace lrcore;

namespace {

Cosine plain(double base_lr, std::int64_t decay_steps, double min_lr) {
    return Cosine(base_lr, decay_steps, min_lr, 1.0, 1.0);
}

}  // namespace

TEST_CASE("Cosine falls along half a wave") {
    const std::vector<double> lrs = values(plain(1.0, 6, 0.0), 0, 7);
    const double root3 = std::sqrt(3.0);
    const std::vector<double> expected{1.0,  (2.0 + root3) / 4.0, 0.75, 0.5,
                                       0.25, (2.0 - root3) / 4.0, 0.0};
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    }
}

TEST_CASE("Cosine is exact at both ends and holds min_lr") {
    const Cosine schedule = plain(0.1, 1000, 0.007);
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
    CHECK(plain(1.0, 1'000'000'000, 0.0)(999'999'999) ==
          doctest::Approx(x * x).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Cosine with min_lr equal to base_lr is constant") {
    CHECK(values(plain(0.1, 2, 0.1), 0, 4) == std::vector<double>{0.1, 0.1, 0.1, 0.1});
}

TEST_CASE("Cosine with an exponent is that power of the wave") {
    // The wave at thirds is 3/4 and 1/4.
    const std::vector<double> lrs = values(Cosine(1.0, 3, 0.0, 2.0, 1.0), 0, 4);
    const std::vector<double> expected{1.0, 0.5625, 0.0625, 0.0};
    for (std::size_t i = 0; i < lrs.size(); ++i) {
        CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    }
}

TEST_CASE("Cosine with an exponent is within 4 ulp of extended precision") {
    const long double quarter = std::acos(0.0L);
    for (const double exponent : {0.5, 1.5, 2.0, 5.0, 10.0, 89.0, 100.0}) {
        const Cosine schedule(0.1, 1000, 0.0, exponent, 1.0);
        for (std::int64_t t = 1; t < 1000; ++t) {
            const long double sine = std::sin(quarter * static_cast<long double>(1000 - t) / 1000);
            const long double exact =
                0.1 * std::pow(sine * sine, static_cast<long double>(exponent));
            const auto expected = static_cast<double>(exact);
            const double ulp = std::nextafter(expected, INFINITY) - expected;
            REQUIRE(std::abs(static_cast<double>(schedule(t) - exact)) <= 4.0 * ulp);
        }
    }
}

TEST_CASE("Cosine with the greatest exponent leaves its peak at once") {
    CHECK(values(Cosine(0.1, 9, 0.007, 1e308, 1.0), 0, 3) ==
          std::vector<double>{0.1, 0.007, 0.007});
    CHECK(values(Cosine(0.1, 9, 0.007, 1.0, 1e-308), 0, 3) ==
          std::vector<double>{0.1, 0.007, 0.007});
    CHECK(values(Cosine(0.1, 9, 0.007, 1.0, 1e308), 0, 3) == std::vector<double>{0.1, 0.1, 0.1});
}

TEST_CASE("Cosine with k decays along the k-th power of the time") {
    // (2 / 4)^2 is 1/4, where the wave is (1 + cos(pi / 4)) / 2; (1 / 4)^0.5 is 1/2.
    CHECK(Cosine(1.0, 4, 0.0, 1.0, 2.0)(2) ==
          doctest::Approx((2.0 + std::sqrt(2.0)) / 4.0).epsilon(1e-15));
    CHECK(Cosine(1.0, 4, 0.0, 1.0, 0.5)(1) == doctest::Approx(0.5).epsilon(1e-15));
    CHECK(Cosine(1.0, 4, 0.0, 1.0, 0.5)(0) == 1.0);
}

TEST_CASE("Cosine with k keeps its digits at the end of a long decay") {
    // 1 - (1 - 1e-9)^3 is 3e-9 - 3e-18 + ..., and the wave its square times (pi / 2)^2.
    const double x = std::acos(0.0) * (3e-9 - 3e-18);
    CHECK(Cosine(1.0, 1'000'000'000, 0.0, 1.0, 3.0)(999'999'999) ==
          doctest::Approx(x * x).epsilon(1e-15).scale(0.0));
}

TEST_CASE("Cosine follows its end policy") {
    // The wave at thirds is 3/4 and 1/4; every end comes once, as in Until with 4 steps.
    const auto ending = [](const char* end) { return Cosine(1.0, 3, 0.0, 1.0, 1.0, end); };
    const auto check = [](const Cosine& schedule, const std::vector<double>& expected) {
        const auto size = static_cast<std::int64_t>(expected.size());
        const std::vector<double> lrs = values(schedule, 0, size);
        for (std::size_t i = 0; i < lrs.size(); ++i) {
            CHECK(lrs[i] == doctest::Approx(expected[i]).epsilon(1e-14));
        }
    };
    check(ending("hold"), {1.0, 0.75, 0.25, 0.0, 0.0, 0.0});
    check(ending("mirror"), {1.0, 0.75, 0.25, 0.0, 0.25, 0.75, 1.0, 0.75, 0.25, 0.0, 0.25});
    check(ending("repeat"), {1.0, 0.75, 0.25, 0.0, 1.0, 0.75, 0.25, 0.0, 1.0});
    check(ending("raise"), {1.0, 0.75, 0.25, 0.0});
    CHECK_THROWS_WITH_AS(ending("raise")(4),
                         "step must not be greater than decay_steps=3, but got 4",
                         std::invalid_argument);
}

TEST_CASE("Cosine that rises again is exact at every end, however far") {
    const Cosine schedule(0.1, 1000, 0.007, 1.0, 1.0, "mirror");
    CHECK(schedule(far_step - far_step % 2000) == 0.1);
    CHECK(schedule(far_step - far_step % 2000 + 1000) == 0.007);
    // 2^63 - 1 = 2 * (2^62 - 1) + 1
    CHECK(Cosine(0.1, farther_step - 1, 0.0, 1.0, 1.0, "mirror")(last_step - 1) == 0.1);
    for (const char* end : ends) {
        CHECK(Cosine(0.1, last_step, 0.007, 1.0, 1.0, end)(last_step) == 0.007);
    }
}

TEST_CASE("Cosine names the argument that it rejects") {
    CHECK_THROWS_WITH_AS(Cosine(0.1, 10, 0.0, 1.0, 1.0, "rise"),
                         "end must be 'hold', 'repeat', 'mirror' or 'raise', but got 'rise'",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plain(0.1, 0, 0.0), "decay_steps must be at least 1, but got 0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plain(0.1, 10, -0.1),
                         "min_lr must be a finite number and not negative, but got -0.1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(plain(0.1, 10, 0.2),
                         "min_lr must not be greater than base_lr=0.1, but got 0.2",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cosine(0.1, 10, 0.0, 0.0, 1.0),
                         "exponent must be a finite number greater than 0, but got 0.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(Cosine(0.1, 10, 0.0, 1.0, -1.0),
                         "k must be a finite number greater than 0, but got -1.0",
                         std::invalid_argument);
}
