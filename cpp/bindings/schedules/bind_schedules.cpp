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
    bind_schedule<Constant>(m, "Constant", "lr(t) = lr", {"lr"});
    bind_schedule<PiecewiseConstant>(m, "PiecewiseConstant",
                                     "lr(t) = lrs[number of boundaries b with b <= t]",
                                     {"boundaries", "lrs"});
    bind_schedule<PiecewiseLinear>(
        m, "PiecewiseLinear",
        "lr(t) on straight lines from each (milestone, lr) to the next, flat before and after",
        {"milestones", "lrs"});
    bind_schedule<PiecewiseCosine>(
        m, "PiecewiseCosine",
        "lr(t) on half cosine waves from each (milestone, lr) to the next, flat before and after",
        {"milestones", "lrs"});
    bind_schedule<Tabulated>(m, "Tabulated", "lr(t) = lrs[t], the last one from there on", {"lrs"});
    bind_schedule<Step>(m, "Step", "lr(t) = base_lr * gamma^floor(t / step_size)",
                        {"base_lr", "step_size", "gamma"});
    bind_schedule<MultiStep>(m, "MultiStep",
                             "lr(t) = base_lr * gamma^(number of milestones m with m <= t)",
                             {"base_lr", "milestones", "gamma"});
    bind_schedule<InverseTime>(m, "InverseTime",
                               "lr(t) = base_lr / (1 + decay_rate * t / decay_steps)",
                               {"base_lr", "decay_rate", "decay_steps", "staircase"});
    bind_schedule<Linear>(m, "Linear",
                          "lr(t) = start_lr + (end_lr - start_lr) * t / (total_steps - 1)",
                          {"start_lr", "end_lr", "total_steps"});
    bind_schedule<Polynomial>(
        m, "Polynomial",
        "lr(t) = end_lr + (base_lr - end_lr) * (1 - (min(t, decay_steps) / decay_steps)^k)^power",
        {"base_lr", "decay_steps", "end_lr", "power", "cycle", "k"});
    bind_schedule<Exponential>(m, "Exponential",
                               "lr(t) = start_lr * (end_lr / start_lr)^(t / (total_steps - 1))",
                               {"start_lr", "end_lr", "total_steps"});
    bind_schedule<ExponentialDecay>(
        m, "ExponentialDecay", "lr(t) = base_lr * decay_rate^(t / decay_steps)",
        {"base_lr", "decay_rate", "decay_steps", "staircase", "end_lr"});
    bind_schedule<Cosine>(
        m, "Cosine",
        "lr(t) = min_lr + (base_lr - min_lr) * sin^2(pi/2 * (1 - (t / decay_steps)^k))^exponent",
        {"base_lr", "decay_steps", "min_lr", "exponent", "k", "end"});
    bind_schedule<CosineRestarts>(
        m, "CosineRestarts",
        "lr(t) = min_lr + (base_lr - min_lr) * peak_decay^n * sin^2(pi/2 * (end_n - t) / period_n)",
        {"base_lr", "first_period", "period_mult", "peak_decay", "min_lr", "cycles", "decays"});
    bind_schedule<Tanh>(m, "Tanh",
                        "lr(t) = min_lr + (base_lr - min_lr) * (1 - tanh(lower + (upper - lower) * "
                        "t / decay_steps)) / 2",
                        {"base_lr", "decay_steps", "lower", "upper", "min_lr"});
    bind_schedule<InverseSqrt>(
        m, "InverseSqrt",
        "lr(t) = base_lr * sqrt(timescale / (timescale + t - warmup_steps)) after a warm-up",
        {"base_lr", "timescale", "warmup_steps"});
    bind_schedule<Noam>(
        m, "Noam",
        "lr(t) = factor / sqrt(model_size) * min(1 / sqrt(s), s / warmup_steps^1.5), s = t + 1",
        {"model_size", "warmup_steps", "factor"});
    bind_schedule<WarmupStableDecay>(
        m, "WarmupStableDecay",
        "lr(t) rises to base_lr, stays there for stable_steps and falls to min_lr",
        {"base_lr", "warmup_steps", "stable_steps", "decay_steps", "min_lr", "decay", "decay_power",
         "decay_ratio", "warmup_start_lr"});
    bind_schedule<Cyclic>(m, "Cyclic", "lr(t) = base_lr + (max_lr - base_lr) * cycle(t)",
                          {"base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma",
                           "scale", "scale_mode"});
    bind_schedule<OneCycle>(m, "OneCycle",
                            "lr(t) rises from max_lr / div_factor to max_lr and falls to "
                            "max_lr / div_factor / final_div_factor",
                            {"max_lr", "total_steps", "pct_start", "anneal_strategy", "div_factor",
                             "final_div_factor", "three_phase"});
    bind_schedule<Scaled>(m, "Scaled", "lr(t) = factor * base(t)", {"base", "factor"});
    bind_schedule<Sequence>(m, "ScheduleSequence", "lr(t) = schedules[i](t - milestones[i - 1])",
                            {"schedules", "milestones"});
    bind_schedule<Product>(m, "Product", "lr(t) = schedules[0](t) * schedules[1](t) * ...",
                           {"schedules"});
    bind_schedule<Warmup>(m, "Warmup",
                          "lr(t) rises from start_lr to base(0), then lr(t) = base(t - steps)",
                          {"base", "steps", "shape", "first", "start_lr", "prefix"});
    bind_schedule<Cooldown>(m, "Cooldown", "lr(t) = base(t), then falls to end_lr",
                            {"base", "begin", "steps", "end_lr", "shape"});
    bind_schedule<Clip>(m, "Clip", "lr(t) = min(max(base(t), min_lr), max_lr)",
                        {"base", "min_lr", "max_lr"});
    bind_schedule<Delay>(m, "Delay", "lr(t) = base(max(t - steps, 0))", {"base", "steps"});
    bind_schedule<Offset>(m, "Offset", "lr(t) = base(t + offset)", {"base", "offset"});
    bind_schedule<Repeat>(m, "Repeat", "lr(t) = base(t mod period) * peak_decay^(t div period)",
                          {"base", "period", "count", "peak_decay"});
    bind_schedule<Until>(m, "Until", "lr(t) = base(t) for t < total_steps",
                         {"base", "total_steps", "end"});
    bind_schedule<CyclicMomentum>(
        m, "CyclicMomentum",
        "momentum(t) = max_momentum - (max_momentum - base_momentum) * cycle(t)",
        {"base_momentum", "max_momentum", "step_size_up", "step_size_down", "mode", "gamma",
         "scale", "scale_mode"});
    bind_schedule<OneCycleMomentum>(
        m, "OneCycleMomentum",
        "momentum(t) falls from max_momentum to base_momentum and rises to max_momentum",
        {"base_momentum", "max_momentum", "total_steps", "pct_start", "anneal_strategy",
         "three_phase"});
}

}  // namespace lrcore
