#include "lrcore/range_test/loss_recorder.hpp"

#include <numeric>
#include <string>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

using Column = LossRecorder::Column;

void check_no_gap(const char* name, bool is_given, const std::optional<Column>& column,
                  std::int64_t update) {
    if (update == 0 || is_given == column.has_value()) return;
    throw argument_error(name, "must be given with every loss or with none, but update " +
                                   std::to_string(update) +
                                   (is_given ? " has one and those before have none"
                                             : " has none and those before have one"));
}

void append(std::optional<Column>& column, std::optional<double> value) {
    if (!value) return;
    if (!column) column.emplace();
    column->updates.push_back(*value);
}

void append_mean(Column& column, std::int64_t first) {
    const auto begin = column.updates.begin() + first;
    const double sum = std::accumulate(begin, column.updates.end(), 0.0);
    column.points.push_back(sum / static_cast<double>(column.updates.end() - begin));
}

}  // namespace

void LossRecorder::record(double loss, std::optional<double> training_loss,
                          std::optional<double> metric) {
    check_no_gap("training_loss", training_loss.has_value(), training_losses_, num_updates());
    check_no_gap("metric", metric.has_value(), metrics_, num_updates());
    losses_.updates.push_back(loss);
    append(training_losses_, training_loss);
    append(metrics_, metric);
}

double LossRecorder::complete_point() {
    const std::int64_t first = first_update_of_point();
    append_mean(losses_, first);
    if (training_losses_) append_mean(*training_losses_, first);
    if (metrics_) append_mean(*metrics_, first);
    return losses_.points.back();
}

}  // namespace lrcore
