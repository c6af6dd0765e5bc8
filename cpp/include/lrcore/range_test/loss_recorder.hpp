#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lrcore {

/// What a range test measured at each update, and the means of these at each point.
class LossRecorder {
  public:
    struct Column {
        std::vector<double> updates;
        std::vector<double> points;
    };

    /// A point has the losses of `updates_per_point` updates; the first `lead` updates have none.
    LossRecorder(std::int64_t updates_per_point, std::int64_t lead)
        : updates_per_point_(updates_per_point), lead_(lead) {}

    /// std::invalid_argument, and then nothing is recorded, for a column that has gaps.
    void record(double loss, std::optional<double> training_loss, std::optional<double> metric);

    bool point_has_begun() const { return first_update_of_point() < num_updates(); }
    bool point_is_full() const {
        return first_update_of_point() + updates_per_point_ == num_updates();
    }
    /// Makes a point of the updates since the last one; its loss.
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
