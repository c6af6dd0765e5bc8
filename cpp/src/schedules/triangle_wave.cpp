#include "lrcore/schedules/parts/triangle_wave.hpp"

#include <utility>

namespace lrcore {

CycleScale::CycleScale(const std::string& mode, double gamma, std::optional<AnySchedule> scale,
                       const std::string& scale_mode)
    : mode_(parse_choice<CycleMode>("mode", mode, cycle_modes)),
      gamma_(require(gamma > 0.0 && gamma <= 1.0, "gamma",
                     "be greater than 0 and not greater than 1", gamma)),
      scale_(std::move(scale)),
      scale_mode_(parse_choice<ScaleMode>("scale_mode", scale_mode, scale_modes)) {
    require(!scale_ || mode_ == CycleMode::triangular, "mode", "be 'triangular' with a scale",
            mode);
}

}  // namespace lrcore
