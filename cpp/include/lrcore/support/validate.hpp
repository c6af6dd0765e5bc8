#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lrcore {

/// The value as Python's repr(): the shortest text that reads back to the same number.
std::string repr(double value);
std::string repr(std::int64_t value);
std::string repr(const std::string& value);
std::string repr(const std::vector<double>& values);

/// An invalid argument. Carries its name, because adapters may know the argument under another one.
class argument_error : public std::invalid_argument {
  public:
    /// The message is "<subject> <rule>". The subject is the argument, such as "lrs", one of its
    /// items ("lrs[2]") or its length ("len(lrs)").
    argument_error(std::string_view subject, std::string_view rule);

    /// The name of the argument: "lrs" for each of these subjects.
    const std::string& argument() const { return argument_; }

  private:
    std::string argument_;
};

/// Returns the value; throws argument_error "<name> must <rule>, but got <value>" unless `holds`.
template <class Value>
Value require(bool holds, std::string_view name, std::string_view rule, Value value) {
    if (!holds) {
        throw argument_error(name, "must " + std::string(rule) + ", but got " + repr(value));
    }
    return value;
}

/// Returns the value; throws argument_error "<name> must <relation> <bound_name>=<bound>, but got
/// <value>" unless `holds`.
template <class Value>
Value require_relation(bool holds, std::string_view name, std::string_view relation,
                       std::string_view bound_name, Value bound, Value value) {
    return require(holds, name,
                   std::string(relation) + " " + std::string(bound_name) + "=" + repr(bound),
                   value);
}

// Each check returns its value, for use in constructors' initializer lists.

double positive(std::string_view name, double value);
double not_negative(std::string_view name, double value);
/// In [0, 1): a smoothing factor or a momentum.
double fraction(std::string_view name, double value);
/// Greater than 1, such as the factor of a divergence detector.
double greater_than_one(std::string_view name, double value);
template <class Value>
Value greater_than(std::string_view name, Value value, std::string_view bound_name, Value bound) {
    return require_relation(value > bound, name, "be greater than", bound_name, bound, value);
}
template <class Value>
Value not_greater_than(std::string_view name, Value value, std::string_view bound_name,
                       Value bound) {
    return require_relation(value <= bound, name, "not be greater than", bound_name, bound, value);
}
template <class Value>
Value not_less_than(std::string_view name, Value value, std::string_view bound_name, Value bound) {
    return require_relation(value >= bound, name, "not be less than", bound_name, bound, value);
}
std::int64_t at_least(std::int64_t least, std::string_view name, std::int64_t value);

[[noreturn]] void reject_choice(std::string_view name, const std::string& value,
                                const char* const* choices, std::size_t size);

/// Converts `value` to the enumerator of `Enum` with its index in `choices`.
template <class Enum, std::size_t size>
Enum parse_choice(std::string_view name, const std::string& value,
                  const std::array<const char*, size>& choices) {
    for (std::size_t i = 0; i < size; ++i) {
        if (value == choices[i]) return static_cast<Enum>(i);
    }
    reject_choice(name, value, choices.data(), size);
}

/// Name of an item of a list in messages, such as boundaries[1].
inline std::string item(const std::string& list, std::size_t index) {
    return list + "[" + std::to_string(index) + "]";
}

/// Throws argument_error unless the steps are at least `least` and strictly increasing.
inline void require_increasing(const std::string& name, const std::vector<std::int64_t>& steps,
                               std::int64_t least = 1) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        at_least(least, item(name, i), steps[i]);
        if (i == 0) continue;
        greater_than(item(name, i), steps[i], item(name, i - 1), steps[i - 1]);
    }
}

/// The learning rates themselves; throws unless there is at least one and all are finite and
/// non-negative.
inline std::vector<double> require_lrs(std::vector<double> lrs) {
    at_least(1, "len(lrs)", static_cast<std::int64_t>(lrs.size()));
    for (std::size_t i = 0; i < lrs.size(); ++i) not_negative(item("lrs", i), lrs[i]);
    return lrs;
}

}  // namespace lrcore
