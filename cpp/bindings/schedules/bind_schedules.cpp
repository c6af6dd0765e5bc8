#include "bindings.hpp"
#include "lrcore/schedules/clip.hpp"
#include "lrcore/schedules/constant.hpp"
#include "lrcore/schedules/cooldown.hpp"
#include "lrcore/schedules/cosine.hpp"
#include "lrcore/schedules/cosine_restarts.hpp"
#include "lrcore/schedules/cyclic.hpp"
#include "lrcore/schedules/cyclic_momentum.hpp"
#include "lrcore/schedules/delay.hpp"
#include "lrcore/schedules/exponential.hpp"
#include "lrcore/schedules/exponential_decay.hpp"
#include "lrcore/schedules/inverse_sqrt.hpp"
#include "lrcore/schedules/inverse_time.hpp"
#include "lrcore/schedules/linear.hpp"
#include "lrcore/schedules/multi_step.hpp"
#include "lrcore/schedules/noam.hpp"
#include "lrcore/schedules/offset.hpp"
#include "lrcore/schedules/one_cycle.hpp"
#include "lrcore/schedules/one_cycle_momentum.hpp"
#include "lrcore/schedules/piecewise_constant.hpp"
#include "lrcore/schedules/piecewise_cosine.hpp"
#include "lrcore/schedules/piecewise_linear.hpp"
#include "lrcore/schedules/polynomial.hpp"
#include "lrcore/schedules/product.hpp"
#include "lrcore/schedules/repeat.hpp"
#include "lrcore/schedules/scaled.hpp"
#include "lrcore/schedules/sequence.hpp"
#include "lrcore/schedules/step.hpp"
#include "lrcore/schedules/tabulated.hpp"
#include "lrcore/schedules/tanh.hpp"
#include "lrcore/schedules/until.hpp"
#include "lrcore/schedules/warmup.hpp"
#include "lrcore/schedules/warmup_stable_decay.hpp"
#include "schedules/bind_schedule.hpp"

namespace lrcore {

void bind_schedules(py::module_& m) {
    bind_schedule<Constant>(m, "Constant", {"lr"});
    bind_schedule<PiecewiseConstant>(m, "PiecewiseConstant", {"boundaries", "lrs"});
    bind_schedule<PiecewiseLinear>(m, "PiecewiseLinear", {"milestones", "lrs"});
    bind_schedule<PiecewiseCosine>(m, "PiecewiseCosine", {"milestones", "lrs"});
    bind_schedule<Tabulated>(m, "Tabulated", {"lrs"});
    bind_schedule<Step>(m, "Step", {"base_lr", "step_size", "gamma"});
    bind_schedule<MultiStep>(m, "MultiStep", {"base_lr", "milestones", "gamma"});
    bind_schedule<InverseTime>(m, "InverseTime",
                               {"base_lr", "decay_rate", "decay_steps", "staircase"});
    bind_schedule<Linear>(m, "Linear", {"start_lr", "end_lr", "total_steps"});
    bind_schedule<Polynomial>(m, "Polynomial",
                              {"base_lr", "decay_steps", "end_lr", "power", "cycle", "k"});
    bind_schedule<Exponential>(m, "Exponential", {"start_lr", "end_lr", "total_steps"});
    bind_schedule<ExponentialDecay>(
        m, "ExponentialDecay", {"base_lr", "decay_rate", "decay_steps", "staircase", "end_lr"});
    bind_schedule<Cosine>(m, "Cosine",
                          {"base_lr", "decay_steps", "min_lr", "exponent", "k", "end"});
    bind_schedule<CosineRestarts>(
        m, "CosineRestarts",
        {"base_lr", "first_period", "period_mult", "peak_decay", "min_lr", "cycles", "decays"});
    bind_schedule<Tanh>(m, "Tanh", {"base_lr", "decay_steps", "lower", "upper", "min_lr"});
    bind_schedule<InverseSqrt>(m, "InverseSqrt", {"base_lr", "timescale", "warmup_steps"});
    bind_schedule<Noam>(m, "Noam", {"model_size", "warmup_steps", "factor"});
    bind_schedule<WarmupStableDecay>(
        m, "WarmupStableDecay",
        {"base_lr", "warmup_steps", "stable_steps", "decay_steps", "min_lr", "decay", "decay_power",
         "decay_ratio", "warmup_start_lr"});
    bind_schedule<Cyclic>(m, "Cyclic",
                          {"base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma",
                           "scale", "scale_mode"});
    bind_schedule<OneCycle>(m, "OneCycle",
                            {"max_lr", "total_steps", "pct_start", "anneal_strategy", "div_factor",
                             "final_div_factor", "three_phase"});
    bind_schedule<Scaled>(m, "Scaled", {"base", "factor"});
    bind_schedule<Sequence>(m, "ScheduleSequence", {"schedules", "milestones"});
    bind_schedule<Product>(m, "Product", {"schedules"});
    bind_schedule<Warmup>(m, "Warmup", {"base", "steps", "shape", "first", "start_lr", "prefix"});
    bind_schedule<Cooldown>(m, "Cooldown", {"base", "begin", "steps", "end_lr", "shape"});
    bind_schedule<Clip>(m, "Clip", {"base", "min_lr", "max_lr"});
    bind_schedule<Delay>(m, "Delay", {"base", "steps"});
    bind_schedule<Offset>(m, "Offset", {"base", "offset"});
    bind_schedule<Repeat>(m, "Repeat", {"base", "period", "count", "peak_decay"});
    bind_schedule<Until>(m, "Until", {"base", "total_steps", "end"});
    bind_schedule<CyclicMomentum>(m, "CyclicMomentum",
                                  {"base_momentum", "max_momentum", "step_size_up",
                                   "step_size_down", "mode", "gamma", "scale", "scale_mode"});
    bind_schedule<OneCycleMomentum>(m, "OneCycleMomentum",
                                    {"base_momentum", "max_momentum", "total_steps", "pct_start",
                                     "anneal_strategy", "three_phase"});
}

}  // namespace lrcore
