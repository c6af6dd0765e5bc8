"""Properties of every schedule for any arguments."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Step,
    Tabulated,
    Tanh,
    WarmupStableDecay,
)

lrs = st.floats(min_value=1e-300, max_value=1e300)
moderate_lrs = st.floats(min_value=1e-12, max_value=1e12)
steps = st.integers(min_value=0, max_value=2**63 - 2)
counts = st.integers(min_value=1, max_value=2**62)
modes = st.sampled_from(["triangular", "triangular2", "exp_range"])
rates = st.floats(min_value=0, max_value=1e300)
factors = st.floats(min_value=0, max_value=1e3) | st.floats(min_value=0.999, max_value=1.001)
gammas = st.floats(min_value=0, max_value=1, exclude_min=True)
down_steps = st.none() | counts
parts = st.floats(min_value=0, max_value=1)
period_mults = st.just(1.0) | st.integers(min_value=2, max_value=10**6) | st.floats(min_value=1.01, max_value=1e6)


@st.composite
def piecewise_constants(draw: st.DrawFn) -> PiecewiseConstant:
    boundaries = sorted(draw(st.sets(counts, max_size=6)))
    values = draw(st.lists(lrs, min_size=len(boundaries) + 1, max_size=len(boundaries) + 1))
    return PiecewiseConstant(boundaries, values)


@st.composite
def knots(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    milestones = sorted(draw(st.sets(st.integers(min_value=0, max_value=2**62), min_size=1, max_size=6)))
    return milestones, draw(st.lists(rates, min_size=len(milestones), max_size=len(milestones)))


@st.composite
def exponential_decays(draw: st.DrawFn) -> ExponentialDecay:
    base_lr, decay_rate = draw(lrs), draw(factors)
    lowest, highest = (0.0, base_lr) if decay_rate < 1 else (base_lr, 1e300)
    end_lr = st.none() | st.floats(min_value=lowest, max_value=highest)
    return ExponentialDecay(base_lr, decay_rate, draw(counts), draw(st.booleans()), draw(end_lr))


@st.composite
def cosines(draw: st.DrawFn) -> Cosine:
    base_lr = draw(lrs)
    return Cosine(base_lr, draw(counts), draw(st.floats(min_value=0, max_value=base_lr)))


@st.composite
def cosine_shapes(draw: st.DrawFn) -> Cosine:
    base_lr = draw(lrs)
    end = draw(st.sampled_from(["hold", "repeat", "mirror"]))
    return Cosine(base_lr, draw(counts), exponent=draw(lrs), k=draw(lrs), end=end, alpha=draw(parts))


@st.composite
def cosine_restarts(draw: st.DrawFn) -> CosineRestarts:
    base_lr = draw(lrs)
    min_lr = draw(st.floats(min_value=0, max_value=base_lr))
    cycles = draw(st.none() | counts | st.integers(min_value=1, max_value=9))
    decays = draw(st.sampled_from(["height", "peak"]))
    return CosineRestarts(base_lr, draw(counts), draw(period_mults), draw(gammas), min_lr, cycles, decays)


@st.composite
def tanhs(draw: st.DrawFn) -> Tanh:
    base_lr = draw(lrs)
    lower, upper = sorted(draw(st.lists(st.floats(min_value=-300, max_value=300), min_size=2, max_size=2, unique=True)))
    return Tanh(base_lr, draw(counts), lower, upper, draw(st.floats(min_value=0, max_value=base_lr)))


@st.composite
def warmup_stable_decays(draw: st.DrawFn) -> WarmupStableDecay:
    base_lr = draw(lrs)
    lower_lrs = st.floats(min_value=0, max_value=base_lr)
    return WarmupStableDecay(
        base_lr,
        draw(counts),
        draw(counts),
        draw(counts),
        draw(lower_lrs),
        draw(st.sampled_from(["1-sqrt", "linear", "cosine", "exponential", "power"])),
        draw(lrs),
        draw(st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True)),
        draw(lower_lrs),
    )


@st.composite
def cyclics(draw: st.DrawFn) -> Cyclic:
    base_lr, max_lr = sorted(draw(st.lists(lrs, min_size=2, max_size=2, unique=True)))
    return Cyclic(base_lr, max_lr, draw(counts), draw(down_steps), draw(modes), draw(gammas))


@st.composite
def cyclic_momenta(draw: st.DrawFn) -> CyclicMomentum:
    momentum = st.floats(min_value=0, max_value=1, exclude_max=True)
    base, top = sorted([draw(momentum), draw(momentum)])
    return CyclicMomentum(base, top, draw(counts), draw(down_steps), draw(modes), draw(gammas))


@st.composite
def one_cycles(draw: st.DrawFn) -> OneCycle:
    divisors = st.floats(min_value=1e-12, max_value=1e12)
    return OneCycle(
        draw(moderate_lrs),
        draw(st.integers(min_value=2, max_value=2**62)),
        draw(st.floats(min_value=0, max_value=1)),
        draw(st.sampled_from(["cos", "linear"])),
        draw(divisors),
        draw(divisors),
        draw(st.booleans()),
        last=draw(st.sampled_from(["T-1", "T"])),
    )


linears = st.builds(
    Linear,
    st.floats(min_value=0, max_value=1e300),
    st.floats(min_value=0, max_value=1e300),
    st.integers(min_value=2, max_value=2**62),
)
polynomials = st.builds(
    Polynomial,
    rates,
    counts | st.integers(min_value=1, max_value=1000),
    rates,
    st.floats(min_value=1e-6, max_value=1e6),
    st.booleans(),
    st.just(1.0) | st.floats(min_value=1e-320, max_value=1e300),
)
piecewise_curves = st.sampled_from([PiecewiseLinear, PiecewiseCosine]).flatmap(
    lambda curve: knots().map(lambda content: curve(*content))
)
learning_rates = st.one_of(
    st.builds(Constant, lrs),
    piecewise_constants(),
    piecewise_curves,
    st.builds(Tabulated, st.lists(rates, min_size=1, max_size=6)),
    st.builds(Step, lrs, counts, factors),
    st.builds(MultiStep, lrs, st.lists(counts, max_size=6).map(sorted), factors),
    polynomials,
    exponential_decays(),
    st.builds(InverseTime, lrs, st.floats(min_value=0, max_value=1e300), counts, st.booleans()),
    st.builds(Exponential, moderate_lrs, moderate_lrs, st.integers(min_value=2, max_value=2**62)),
    linears,
    cosines(),
    cosine_shapes(),
    cosine_restarts(),
    tanhs(),
    warmup_stable_decays(),
    st.builds(InverseSqrt, lrs, counts, counts),
    st.builds(Noam, counts, counts, lrs),
    cyclics(),
    one_cycles(),
)
schedules = st.one_of(
    st.recursive(learning_rates, lambda bases: st.builds(Scaled, bases, lrs), max_leaves=4), cyclic_momenta()
)


@settings(deadline=None)
@given(schedules, steps)
def test_a_value_is_bit_for_bit_the_call(schedule: Schedule, step: int) -> None:
    assert schedule.values(step, step + 1).tobytes() == np.float64(schedule(step)).tobytes()


@settings(deadline=None)
@given(schedules, steps)
def test_no_value_is_negative_or_not_finite(schedule: Schedule, step: int) -> None:
    for at in (0, 1, step, 2**63 - 1):
        value = schedule(at)
        assert math.isfinite(value)
        assert value >= 0


@settings(deadline=None)
@given(schedules, steps)
def test_json_and_back_is_the_same_schedule(schedule: Schedule, step: int) -> None:
    other = Schedule.from_dict(json.loads(json.dumps(schedule.to_dict(), allow_nan=False)))
    assert other == schedule
    assert other(step) == schedule(step)


@settings(deadline=None)
@given(schedules, steps)
def test_pickle_and_back_is_the_same_schedule(schedule: Schedule, step: int) -> None:
    other = pickle.loads(pickle.dumps(schedule))
    assert (other, hash(other)) == (schedule, hash(schedule))
    assert other(step) == schedule(step)


@settings(deadline=None)
@given(schedules)
def test_repr_rebuilds_the_schedule(schedule: Schedule) -> None:
    assert eval(repr(schedule)) == schedule


@settings(deadline=None)
@given(cyclics(), steps)
def test_cyclic_stays_between_its_bounds(schedule: Cyclic, step: int) -> None:
    assert schedule.base_lr <= schedule(step) <= schedule.max_lr


@settings(deadline=None)
@given(cosines(), steps)
def test_cosine_never_rises(schedule: Cosine, step: int) -> None:
    assert schedule.min_lr <= schedule(step + 1) <= schedule(step) <= schedule.base_lr


@settings(deadline=None)
@given(linears, steps)
def test_linear_stays_between_its_ends(schedule: Linear, step: int) -> None:
    low, high = sorted([schedule.start_lr, schedule.end_lr])
    at = step % (2 * schedule.total_steps)
    assert low <= schedule(at) <= high


@settings(deadline=None)
@given(polynomials, steps)
def test_polynomial_stays_between_its_ends(schedule: Polynomial, step: int) -> None:
    low, high = sorted([schedule.base_lr, schedule.end_lr])
    assert low <= schedule(step % (2 * schedule.decay_steps)) <= high
    assert low <= schedule(step) <= high


@settings(deadline=None)
@given(piecewise_curves, st.integers(min_value=0, max_value=2**62), st.integers(min_value=0, max_value=5))
def test_a_piecewise_curve_stays_between_its_neighbouring_lrs(
    schedule: PiecewiseLinear | PiecewiseCosine, step: int, index: int
) -> None:
    at = schedule.milestones[index % len(schedule.milestones)]
    assert schedule(at) == schedule.lrs[index % len(schedule.milestones)]
    for near in (at + 1, max(0, at - 1), step):
        after = sum(milestone <= near for milestone in schedule.milestones)
        neighbours = schedule.lrs[max(0, after - 1) : after + 1]
        assert min(neighbours) <= schedule(near) <= max(neighbours)


@settings(deadline=None)
@given(exponential_decays(), steps)
def test_exponential_decay_goes_no_further_than_its_end(schedule: ExponentialDecay, step: int) -> None:
    beyond = 0.0 if schedule.decay_rate < 1 else np.finfo(np.float64).max
    low, high = sorted([schedule.base_lr, beyond if schedule.end_lr is None else schedule.end_lr])
    for at in (0, step % (2 * schedule.decay_steps), step):
        assert low <= schedule(at) <= high


@settings(deadline=None)
@given(one_cycles(), steps)
def test_one_cycle_stays_between_its_lowest_and_its_highest(schedule: OneCycle, step: int) -> None:
    first = schedule.max_lr / schedule.div_factor
    corners = (first, schedule.max_lr, first / schedule.final_div_factor)
    assert min(corners) <= schedule(step % (2 * schedule.total_steps)) <= max(corners)


@settings(deadline=None)
@given(st.builds(Exponential, moderate_lrs, moderate_lrs, st.integers(min_value=2, max_value=10**6)), steps)
def test_exponential_stays_between_its_ends(schedule: Exponential, step: int) -> None:
    low, high = sorted([schedule.start_lr, schedule.end_lr])
    assert low <= schedule(step % (2 * schedule.total_steps)) <= high


@settings(deadline=None)
@given(st.one_of(cosine_shapes(), cosine_restarts(), tanhs(), warmup_stable_decays()), steps)
def test_a_fall_stays_between_its_floor_and_its_top(
    schedule: Cosine | CosineRestarts | Tanh | WarmupStableDecay, step: int
) -> None:
    floor = min(schedule.min_lr, getattr(schedule, "warmup_start_lr", schedule.min_lr))
    assert floor <= schedule(step) <= schedule.base_lr


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(2, 1000), st.integers(0, 40), lrs)
def test_every_restart_by_a_whole_multiplier_is_at_the_peak(
    first_period: int, period_mult: int, cycle: int, base_lr: float
) -> None:
    restart = first_period * (period_mult**cycle - 1) // (period_mult - 1)
    assert CosineRestarts(base_lr, first_period, period_mult)(min(restart, 2**63 - 1)) == base_lr or restart >= 2**63
