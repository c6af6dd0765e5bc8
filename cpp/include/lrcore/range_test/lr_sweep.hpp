#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "lrcore/schedules/exponential.hpp"
#include "lrcore/schedules/linear.hpp"

namespace lrcore {

/// The learning rates of every point of a range test, one per parameter group: from start_lr to
/// end_lr, both exact, by equal factors ("exp") or by equal differences ("linear").
class LrSweep {
  public:
    LrSweep(const std::vector<double>& start_lr, const std::vector<double>& end_lr,
            std::int64_t num_points, const std::string& step_mode);

    std::vector<double> operator()(std::int64_t point) const;

    std::size_t num_groups() const { return groups_.size(); }
    std::int64_t num_points() const { return num_points_; }

  private:
    using Group = std::variant<Exponential, Linear>;

    std::vector<Group> groups_;
    std::int64_t num_points_;
};

}  // namespace lrcore
