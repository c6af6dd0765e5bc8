#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "lrcore/monitors/divergence.hpp"

using namespace lrcore;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

DivergenceDetector after(std::initializer_list<double> losses) {
    DivergenceDetector detector(4.0);
    for (const double loss : losses) REQUIRE(detector.update(loss) == Verdict::ok);
    return detector;
}

}  // namespace

TEST_CASE("a positive loss diverges above factor times the best") {
    CHECK(after({2.0, 1.0}).update(4.0) == Verdict::ok);
    CHECK(after({2.0, 1.0}).update(4.0001) == Verdict::diverged);
}

TEST_CASE("a loss that starts negative diverges at 3 times its size above the best") {
    CHECK(after({-1.0, -2.0}).update(4.0) == Verdict::ok);
    CHECK(after({-1.0, -2.0}).update(4.0001) == Verdict::diverged);
}

TEST_CASE("the scale of a loss that crosses zero is its fall from the first loss") {
    // first - best = 2.5 is larger than -best = 0.5: diverged above -0.5 + 3 * 2.5 = 7.
    CHECK(after({2.0, -0.5}).update(7.0) == Verdict::ok);
    CHECK(after({2.0, -0.5}).update(7.0001) == Verdict::diverged);
}

TEST_CASE("the scale of a best loss of exactly 0 is its fall from the first loss") {
    CHECK(after({1.0, 0.0}).update(3.0) == Verdict::ok);
    CHECK(after({1.0, 0.0}).update(3.0001) == Verdict::diverged);
}

TEST_CASE("a falling loss never diverges") {
    after({3.0, 2.0, 1.0, 0.0, -1.0, -10.0, -100.0, -1e300});
}

TEST_CASE("NaN and infinity are nonfinite at once and change nothing") {
    for (const double loss : {not_a_number, infinity, -infinity}) {
        DivergenceDetector detector = after({2.0, 1.0});
        CHECK(detector.update(loss) == Verdict::nonfinite);
        CHECK(detector.best() == 1.0);
        CHECK(detector.update(4.0) == Verdict::ok);
        DivergenceDetector fresh(4.0);
        CHECK(fresh.update(loss) == Verdict::nonfinite);
        CHECK_FALSE(fresh.best().has_value());
    }
}

TEST_CASE("a restored detector keeps the first and the best loss") {
    DivergenceDetector restored(4.0);
    restored.restore(after({2.0, -0.5}).state());
    CHECK(restored.best() == -0.5);
    CHECK(restored.update(7.0001) == Verdict::diverged);
}

TEST_CASE("the detector rejects a state that no losses lead to and keeps its own") {
    DivergenceDetector detector = after({2.0, 1.0});
    CHECK_THROWS_WITH_AS(detector.restore({1.0, std::nullopt}),
                         "first and best must both be numbers or both be None",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(detector.restore({1.0, 2.0}),
                         "best must not be greater than first=1.0, but got 2.0",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(detector.restore({not_a_number, not_a_number}),
                         "first must be a finite number, but got nan", std::invalid_argument);
    CHECK(detector.best() == 1.0);
}

TEST_CASE("the detector rejects a factor that is not a finite number above 1") {
    CHECK_THROWS_WITH_AS(DivergenceDetector(1.0),
                         "factor must be a finite number greater than 1, but got 1.0",
                         std::invalid_argument);
    CHECK_THROWS_AS(DivergenceDetector{infinity}, std::invalid_argument);
}
