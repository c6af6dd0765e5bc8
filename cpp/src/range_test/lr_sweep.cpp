#include "lrcore/range_test/lr_sweep.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

enum class StepMode { exp, linear };
constexpr std::array step_modes{"exp", "linear"};

struct End {
    std::string name;
    double lr;
};

/// "start_lr" for a single group, "start_lr[1]" for one of several.
End end_of(const char* name, const std::vector<double>& lrs, std::size_t group) {
    const std::string index = lrs.size() == 1 ? "" : "[" + std::to_string(group) + "]";
    return {name + index, lrs[group]};
}

void check_lengths(std::size_t starts, std::size_t ends) {
    require(starts > 0, "len(start_lr)", "be at least 1", static_cast<std::int64_t>(starts));
    require(ends == starts, "len(end_lr)", "be len(start_lr) = " + std::to_string(starts),
            static_cast<std::int64_t>(ends));
}

void check_ends(const End& start, const End& end, std::int64_t num_points) {
    positive(start.name, start.lr);
    greater_than(end.name, end.lr, start.name, start.lr);
    positive(end.name, end.lr);
    // Far enough apart that rounding, at most 2 ulp, cannot make two learning rates equal.
    const double least =
        8.0 * std::numeric_limits<double>::epsilon() * static_cast<double>(num_points);
    require((end.lr - start.lr) / end.lr > least, end.name,
            "be farther above " + start.name + "=" + repr(start.lr) + " for " + repr(num_points) +
                " different learning rates",
            end.lr);
}

}  // namespace

LrSweep::LrSweep(const std::vector<double>& start_lr, const std::vector<double>& end_lr,
                 std::int64_t num_points, const std::string& step_mode)
    : num_points_(at_least(2, "num_iter", num_points)) {
    const auto mode = parse_choice<StepMode>("step_mode", step_mode, step_modes);
    check_lengths(start_lr.size(), end_lr.size());
    for (std::size_t i = 0; i < start_lr.size(); ++i) {
        check_ends(end_of("start_lr", start_lr, i), end_of("end_lr", end_lr, i), num_points_);
        groups_.push_back(mode == StepMode::exp
                              ? Group(Exponential(start_lr[i], end_lr[i], num_points_))
                              : Group(Linear(start_lr[i], end_lr[i], num_points_)));
    }
}

std::vector<double> LrSweep::operator()(std::int64_t point) const {
    std::vector<double> lrs;
    lrs.reserve(groups_.size());
    for (const Group& group : groups_) {
        lrs.push_back(std::visit([point](const auto& schedule) { return schedule(point); }, group));
    }
    return lrs;
}

}  // namespace lrcore
