#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lrcore {

/// The losses and metrics of a range test, per update and averaged per point.
class LossRecorder {
  public:
    struct Column {
        std::vector<double> updates;
        std::vector<double> points;
    };

    /// A point averages `updates_per_point` updates; the first `lead` updates belong to no point.
    LossRecorder(std::int64_t updates_per_point, std::int64_t lead)
        : updates_per_point_(updates_per_point), lead_(lead) {}

    /// Throws argument_error, and records nothing, if an optional column would have gaps.
    void record(double loss, std::optional<double> training_loss, std::optional<double> metric);

    bool point_has_begun() const { return first_update_of_point() < num_updates(); }
    bool point_is_full() const {
        return first_update_of_point() + updates_per_point_ == num_updates();
    }
    /// Averages the updates since the last point into a new one; returns its loss.
    double complete_point();

    std::int64_t num_updates() const { return static_cast<std::int64_t>(losses_.updates.size()); }
    std::int64_t num_points() const { return static_cast<std::int64_t>(losses_.points.size()); }

    const Column& losses() const { return losses_; }
    const std::optional<Column>& training_losses() const { return training_losses_; }
    const std::optional<Column>& metrics() const { return metrics_; }

  private:
    std::int64_t first_update_of_point() const { return num_points() * updates_per_point_ + lead_; }

    std::int64_t updates_per_point_;
    std::int64_t lead_;
    Column losses_;
    std::optional<Column> training_losses_;
    std::optional<Column> metrics_;
};

}  // namespace lrcore
