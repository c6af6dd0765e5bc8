#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lrcore {

enum class PlateauMode { min, max };
inline constexpr std::array plateau_modes{"min", "max"};

enum class ThresholdMode { rel, abs };
inline constexpr std::array threshold_modes{"rel", "abs"};

/// The framework whose counting of patience and cooldown is followed.
enum class PlateauCompat { torch, keras };
inline constexpr std::array plateau_compats{"torch", "keras"};

/// Treatment of a metric that is NaN or infinite.
enum class NanPolicy { ignore, bad, raise };
inline constexpr std::array nan_policies{"ignore", "bad", "raise"};

/// Reduces learning rates after too many metrics in a row that are not better than the best by the
/// threshold: more than `patience` ("torch"), or `patience` of them and at least one ("keras").
/// During the `cooldown` metrics after a reduction nothing is counted; with "keras" the metric that
/// caused the reduction is the first of them. A metric that is not finite is never better.
class Plateau {
  public:
    struct State {
        std::optional<double> best;
        std::int64_t num_bad = 0;
        std::int64_t cooldown_left = 0;
        std::int64_t step = 0;
    };

    struct Reduction {
        std::int64_t step;
        std::int64_t num_bad;
        std::vector<double> lrs;
    };

    /// A learning rate, its lower bound, and the smallest reduction worth making.
    struct Lr {
        double lr;
        double min_lr;
        double eps;
    };

    Plateau(const std::string& mode, double factor, std::int64_t patience, double threshold,
            const std::string& threshold_mode, std::int64_t cooldown, const std::string& compat,
            const std::string& nan);

    /// Takes the next metric; returns the new learning rates if one of them is reduced.
    std::optional<Reduction> update(double metric, const std::vector<Lr>& lrs);

    const State& state() const { return state_; }
    void restore(const State& state);

  private:
    void count(double metric);
    bool is_better(double metric) const;
    std::optional<Reduction> reduce(const std::vector<Lr>& lrs);
    double reduced(const Lr& lr) const;

    PlateauMode mode_;
    double factor_;
    PlateauCompat compat_;
    NanPolicy nan_;
    std::int64_t patience_;
    double threshold_;
    ThresholdMode threshold_mode_;
    std::int64_t cooldown_;
    State state_;
};

}  // namespace lrcore
