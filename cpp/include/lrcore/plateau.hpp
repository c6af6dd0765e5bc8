#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace lrcore {

enum class PlateauMode { min, max };
inline constexpr std::array plateau_modes{"min", "max"};

enum class ThresholdMode { rel, abs };
inline constexpr std::array threshold_modes{"rel", "abs"};

/// Says when to reduce the lr: after more than `patience` metrics in a row that are not better than
/// the best by the threshold. During the `cooldown` updates after a reduction nothing is counted.
class Plateau {
  public:
    struct State {
        std::optional<double> best;
        std::int64_t num_bad = 0;
        std::int64_t cooldown_left = 0;
    };

    Plateau(const std::string& mode, double factor, std::int64_t patience, double threshold,
            const std::string& threshold_mode, std::int64_t cooldown);

    /// True when the lr is to be reduced now.
    bool update(double metric);
    /// max(lr * factor, min_lr), and never more than lr.
    double reduced(double lr, double min_lr) const;

    std::optional<double> best() const { return state_.best; }
    std::int64_t num_bad() const { return state_.num_bad; }
    std::int64_t cooldown_left() const { return state_.cooldown_left; }

    const State& state() const { return state_; }
    void restore(const State& state);

  private:
    bool is_better(double metric) const;

    PlateauMode mode_;
    double factor_;
    std::int64_t patience_;
    double threshold_;
    ThresholdMode threshold_mode_;
    std::int64_t cooldown_;
    State state_;
};

}  // namespace lrcore
