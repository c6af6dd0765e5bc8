#include "lrcore/support/validate.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace lrcore {
namespace {

std::string shortest(double value, std::chars_format format) {
    char text[64];
    const auto written = std::to_chars(text, text + sizeof text, value, format);
    return std::string(text, written.ptr);
}

/// "lrs" of "lrs[2]" and of "len(lrs)".
std::string_view argument_in(std::string_view subject) {
    subject.remove_prefix(subject.find('(') + 1);  // npos + 1 is 0
    return subject.substr(0, subject.find_first_of("[)"));
}

}  // namespace

argument_error::argument_error(std::string_view subject, std::string_view rule)
    : std::invalid_argument(std::string(subject) + " " + std::string(rule)),
      argument_(argument_in(subject)) {}

std::string repr(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    const std::string scientific = shortest(value, std::chars_format::scientific);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    if (exponent < -4 || exponent >= 16) return scientific;
    const std::string fixed = shortest(value, std::chars_format::fixed);
    return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

std::string repr(std::int64_t value) { return std::to_string(value); }

std::string repr(const std::string& value) { return "'" + value + "'"; }

std::string repr(const std::vector<double>& values) {
    std::string items;
    for (const double value : values) items += (items.empty() ? "" : ", ") + repr(value);
    return "[" + items + "]";
}

double positive(std::string_view name, double value) {
    return require(std::isfinite(value) && value > 0.0, name, "be a finite number greater than 0",
                   value);
}

double not_negative(std::string_view name, double value) {
    return require(std::isfinite(value) && value >= 0.0, name,
                   "be a finite number and not negative", value);
}

double fraction(std::string_view name, double value) {
    return require(value >= 0.0 && value < 1.0, name, "be at least 0 and less than 1", value);
}

double greater_than_one(std::string_view name, double value) {
    return require(std::isfinite(value) && value > 1.0, name, "be a finite number greater than 1",
                   value);
}

std::int64_t at_least(std::int64_t least, std::string_view name, std::int64_t value) {
    return require(value >= least, name, "be at least " + repr(least), value);
}

void reject_choice(std::string_view name, const std::string& value, const char* const* choices,
                   std::size_t size) {
    std::string rule = "be ";
    for (std::size_t i = 0; i < size; ++i) {
        if (i > 0) rule += i + 1 < size ? ", " : " or ";
        rule += repr(std::string(choices[i]));
    }
    throw argument_error(name, "must " + rule + ", but got " + repr(value));
}

}  // namespace lrcore
