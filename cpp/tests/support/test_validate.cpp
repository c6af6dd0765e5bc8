#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lrcore/support/validate.hpp"

using namespace lrcore;

TEST_CASE("repr of a double is Python's") {
    // Each text is what Python prints for repr() of the number.
    const std::vector<std::pair<double, std::string>> expected{
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {0.1, "0.1"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {100000.0, "100000.0"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.0 / 3.0, "0.3333333333333333"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.5e300, "1.5e+300"},
        {5e-324, "5e-324"},
        {9007199254740993.0, "9007199254740992.0"},
        {std::numeric_limits<double>::quiet_NaN(), "nan"},
        {std::numeric_limits<double>::infinity(), "inf"},
        {-std::numeric_limits<double>::infinity(), "-inf"},
    };
    for (const auto& [value, text] : expected) CHECK(repr(value) == text);
}

TEST_CASE("repr of an integer, of a text and of a list") {
    CHECK(repr(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(repr(std::string("min")) == "'min'");
    CHECK(repr(std::vector<double>{0.1, 1.0}) == "[0.1, 1.0]");
    CHECK(repr(std::vector<double>{}) == "[]");
}

TEST_CASE("a check returns the value that it accepts") {
    CHECK(positive("lr", 5e-324) == 5e-324);
    CHECK(not_negative("min_lr", 0.0) == 0.0);
    CHECK(fraction("beta", 0.0) == 0.0);
    CHECK(at_least(2, "num_iter", 2) == 2);
}

TEST_CASE("an argument error names its argument") {
    const auto argument_of = [](const char* subject) {
        return argument_error(subject, "must be greater than 0").argument();
    };
    CHECK(argument_of("lrs") == "lrs");
    CHECK(argument_of("lrs[2]") == "lrs");
    CHECK(argument_of("len(lrs)") == "lrs");
    CHECK(std::string(argument_error("lrs[2]", "must be 0").what()) == "lrs[2] must be 0");
}

TEST_CASE("no check accepts NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(positive("x", nan), std::invalid_argument);
    CHECK_THROWS_AS(not_negative("x", nan), std::invalid_argument);
    CHECK_THROWS_AS(fraction("x", nan), std::invalid_argument);
    CHECK_THROWS_AS(greater_than_one("x", nan), std::invalid_argument);
    CHECK_THROWS_AS(greater_than("x", nan, "y", 0.0), std::invalid_argument);
    CHECK_THROWS_AS(not_greater_than("x", nan, "y", 0.0), std::invalid_argument);
}
