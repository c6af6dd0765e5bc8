"""Schedules: values against closed forms, at every joint and beyond the end; schedules as values."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore.schedules import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Delay,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Offset,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Step,
    Tabulated,
    Tanh,
    Until,
    Warmup,
    WarmupStableDecay,
)
from lrcore.schedules.registry import SCHEDULES

EXAMPLES = [
    Constant(0.1),
    PiecewiseConstant([30, 60], [0.1, 0.01, 0.001]),
    PiecewiseLinear([10, 30, 60], [0.0, 0.1, 0.05]),
    PiecewiseCosine([10, 30, 60], [0.0, 0.1, 0.05]),
    Tabulated([0.1, 0.3, 0.2, 0.0]),
    Step(0.1, 30),
    MultiStep(0.1, [30, 60, 60], 0.3),
    InverseTime(0.01, 0.1, 10, staircase=True),
    Linear(0.1, 0.0, 100),
    Polynomial(0.1, 30, 1e-3, 2.0, cycle=True),
    Exponential(1e-5, 10.0, 100),
    ExponentialDecay(0.1, 0.96, 10, end_lr=1e-3),
    Cosine(0.1, 100, 1e-3),
    Cyclic(1e-3, 1e-2, 20, 30, "exp_range", 0.999),
    OneCycle(0.1, 100, 0.25, "linear", 10.0, 100.0, True),
    CyclicMomentum(0.85, 0.95, 20, 30, "triangular2"),
    CosineRestarts(0.1, 20, 1.5, 0.9, 1e-3),
    Tanh(0.1, 100, -6.0, 2.0, 1e-3),
    InverseSqrt(0.1, 30, 20),
    Noam(512, 40, 2.0),
    WarmupStableDecay(0.1, 20, 30, 40, 1e-3, "exponential", 2.0, 0.2, 0.01),
    Scaled(Scaled(PiecewiseConstant([30, 60], [0.1, 0.01, 0.001]), 0.3), 1e3),
    Sequence([Linear(0.0, 0.1, 31), Cosine(0.1, 100, 1e-3), Constant(0.01)], [30, 120]),
    Product([Cosine(0.1, 100, 1e-3), Cyclic(0.5, 1.5, 20, 30)]),
    Warmup(Cosine(0.1, 100, 1e-3), 30, "cosine", "1/W", 1e-3),
    Cooldown(Cyclic(0.5, 1.5, 20, 30), 70, 50, 0.01, "1-sqrt"),
    Clip(Cyclic(0.5, 1.5, 20, 30), 0.7, 1.3),
    Delay(Cosine(0.1, 100, 1e-3), 30),
    Offset(Cosine(0.1, 100, 1e-3), 30),
    Repeat(Cosine(0.1, 100, 1e-3), 30, 5, 0.5),
    Until(Cosine(0.1, 100, 1e-3), 30, "mirror"),
]
every_schedule = pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.name)


def within_ulps(values: np.ndarray, exact: Callable[[int], Any], ulps: float, start: int = 0) -> None:
    """Compare with 50 digits, in units of the last place of the exact value."""
    with mpmath.workdps(50):
        for step, value in enumerate(values.tolist(), start):
            expected = exact(step)
            error = abs(mpmath.mpf(value) - expected) / mpmath.mpf(float(np.spacing(float(expected))))
            assert error <= ulps, f"step {step}: {value} is {error} ulp from {expected}"


# Values


def test_constant_is_the_same_for_ever() -> None:
    assert Constant(0.1).values(0, 4).tolist() == [0.1] * 4
    assert Constant(0.1)(2**63 - 1) == 0.1


def test_piecewise_constant_changes_at_each_boundary_and_holds_the_last() -> None:
    schedule = PiecewiseConstant([2, 5], [0.1, 0.01, 0.5])
    assert schedule.values(0, 8).tolist() == [0.1, 0.1, 0.01, 0.01, 0.01, 0.5, 0.5, 0.5]
    assert schedule(2**63 - 1) == 0.5


def test_piecewise_constant_without_boundaries_is_constant() -> None:
    assert PiecewiseConstant([], [0.1]).values(0, 3).tolist() == [0.1] * 3


def test_inverse_time_agrees_with_50_digits() -> None:
    base_lr, decay_rate, decay_steps = 0.01, 0.1, 7

    def exact(step: int) -> Any:
        return mpmath.mpf(base_lr) / (1 + mpmath.mpf(decay_rate) * step / decay_steps)

    within_ulps(InverseTime(base_lr, decay_rate, decay_steps).values(0, 500), exact, ulps=4)


def test_inverse_time_staircase_changes_once_per_decay_steps() -> None:
    schedule = InverseTime(0.01, 0.1, decay_steps=3, staircase=True)
    expected = [0.01 / (1 + 0.1 * (step // 3)) for step in range(500)]
    assert schedule.values(0, 500).tolist() == expected


def test_inverse_time_is_the_epoch_schedule_of_the_guide() -> None:
    steps_per_epoch = 4
    schedule = InverseTime(1e-2, 0.1, decay_steps=steps_per_epoch, staircase=True)
    by_epoch = [round(schedule(epoch * steps_per_epoch), 10) for epoch in range(100)]
    assert by_epoch == [round(1e-2 / (1 + 0.1 * epoch), 10) for epoch in range(100)]


@pytest.mark.parametrize(
    ("start_lr", "end_lr", "total_steps"), [(1e-5, 10.0, 400), (0.1, 1e-7, 1001), (2.0, 2.5, 450), (0.1, 0.0, 431)]
)
def test_linear_agrees_with_50_digits(start_lr: float, end_lr: float, total_steps: int) -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(start_lr) + (mpmath.mpf(end_lr) - mpmath.mpf(start_lr)) * step / (total_steps - 1)

    within_ulps(Linear(start_lr, end_lr, total_steps).values(0, total_steps), exact, ulps=2)


def test_linear_keeps_its_digits_in_the_last_steps_of_a_billion() -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(10) + (mpmath.mpf(1e-12) - 10) * step / (10**9 - 1)

    within_ulps(Linear(10.0, 1e-12, 10**9).values(10**9 - 400, 10**9), exact, ulps=2, start=10**9 - 400)


def test_linear_is_exact_at_both_ends_and_holds_the_last() -> None:
    for start_lr, end_lr, total_steps in [(1e-5, 10.0, 100), (0.3, 0.1, 7), (0.0, 3.0, 2), (0.1, 0.1, 3)]:
        schedule = Linear(start_lr, end_lr, total_steps)
        assert schedule(0) == start_lr
        assert schedule.values(total_steps - 1, total_steps + 3).tolist() == [end_lr] * 4
        assert schedule(2**63 - 1) == end_lr


@pytest.mark.parametrize(("start_lr", "end_lr", "total_steps"), [(1e-5, 10.0, 400), (0.1, 1e-7, 1001), (2.0, 2.5, 450)])
def test_exponential_agrees_with_50_digits(start_lr: float, end_lr: float, total_steps: int) -> None:
    def exact(step: int) -> Any:
        ratio = mpmath.mpf(end_lr) / mpmath.mpf(start_lr)
        return mpmath.mpf(start_lr) * ratio ** (mpmath.mpf(step) / (total_steps - 1))

    within_ulps(Exponential(start_lr, end_lr, total_steps).values(0, total_steps), exact, ulps=4)


def test_exponential_is_exact_at_both_ends_and_holds_the_last() -> None:
    for start_lr, end_lr, total_steps in [(1e-5, 10.0, 100), (0.3, 0.1, 7), (1e-7, 3.0, 2), (0.1, 0.1, 3)]:
        schedule = Exponential(start_lr, end_lr, total_steps)
        assert schedule(0) == start_lr
        assert schedule.values(total_steps - 1, total_steps + 3).tolist() == [end_lr] * 4
        assert schedule(2**63 - 1) == end_lr


@pytest.mark.parametrize(("base_lr", "decay_steps", "min_lr"), [(0.1, 500, 0.0), (0.1, 431, 1e-4), (3.0, 450, 2.999)])
def test_cosine_agrees_with_50_digits(base_lr: float, decay_steps: int, min_lr: float) -> None:
    def exact(step: int) -> Any:
        half = (1 + mpmath.cos(mpmath.pi * step / decay_steps)) / 2
        return mpmath.mpf(min_lr) + (mpmath.mpf(base_lr) - mpmath.mpf(min_lr)) * half

    within_ulps(Cosine(base_lr, decay_steps, min_lr).values(0, decay_steps), exact, ulps=4)


def test_cosine_keeps_its_digits_in_the_last_steps_of_a_million() -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(0.1) * (1 + mpmath.cos(mpmath.pi * step / 10**6)) / 2

    within_ulps(Cosine(0.1, 10**6).values(10**6 - 400, 10**6), exact, ulps=4, start=10**6 - 400)


def test_cosine_starts_at_base_lr_and_holds_min_lr() -> None:
    schedule = Cosine(0.1, 7, 1e-3)
    assert schedule(0) == 0.1
    assert schedule.values(7, 17).tolist() == [1e-3] * 10
    assert schedule(2**63 - 1) == 1e-3
    assert Cosine(0.1, 7).values(7, 9).tolist() == [0.0, 0.0]


def triangle(step: int, up: int, down: int) -> Fraction:
    position = step % (up + down)
    return Fraction(position, up) if position <= up else Fraction(up + down - position, down)


def height(step: int, up: int, down: int, mode: str, gamma: float) -> Any:
    return {
        "triangular": mpmath.mpf(1),
        "triangular2": mpmath.mpf(2) ** -(step // (up + down)),
        "exp_range": mpmath.mpf(gamma) ** step,
    }[mode]


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
@pytest.mark.parametrize(("up", "down"), [(50, 50), (13, 29), (1, 7), (1, 1)])
def test_cyclic_agrees_with_50_digits(mode: str, up: int, down: int) -> None:
    base_lr, max_lr, gamma = 1e-3, 0.1, 0.999

    def exact(step: int) -> Any:
        w = triangle(step, up, down)
        scale = height(step, up, down, mode, gamma)
        return mpmath.mpf(base_lr) + (mpmath.mpf(max_lr) - mpmath.mpf(base_lr)) * w.numerator * scale / w.denominator

    within_ulps(Cyclic(base_lr, max_lr, up, down, mode, gamma).values(0, 500), exact, ulps=4)


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
def test_cyclic_momentum_agrees_with_50_digits(mode: str) -> None:
    base, top, up, down, gamma = 0.8, 0.95, 13, 29, 0.999

    def exact(step: int) -> Any:
        w = triangle(step, up, down)
        scale = height(step, up, down, mode, gamma)
        return mpmath.mpf(top) - (mpmath.mpf(top) - mpmath.mpf(base)) * w.numerator * scale / w.denominator

    within_ulps(CyclicMomentum(base, top, up, down, mode, gamma).values(0, 500), exact, ulps=4)


def test_cyclic_is_exact_at_feet_and_tips() -> None:
    schedule = Cyclic(1e-3, 1e-2, 3, 2)
    assert schedule.values(0, 16)[::5].tolist() == [1e-3] * 4
    assert schedule.values(0, 16)[3::5].tolist() == [1e-2] * 3


def test_cyclic_knows_its_cycle_at_the_last_step_of_int64() -> None:
    last = 2**63 - 1
    w = triangle(last, 1000, 2000)
    expected = 1e-3 + (1e-2 - 1e-3) * float(w)
    assert Cyclic(1e-3, 1e-2, 1000, 2000)(last) == pytest.approx(expected, rel=1e-15)


def test_triangular2_settles_on_base_lr_when_its_height_underflows() -> None:
    assert Cyclic(1e-3, 1e-2, 1, 1, "triangular2")(2 * 5000 + 1) == 1e-3


def test_cyclic_momentum_is_highest_where_the_lr_is_lowest() -> None:
    lrs = Cyclic(0.1, 0.2, 4, 6).values(0, 400)
    momenta = CyclicMomentum(0.85, 0.95, 4, 6).values(0, 400)
    np.testing.assert_allclose((lrs - 0.1) / 0.1, (0.95 - momenta) / 0.1, atol=1e-12)


def one_cycle(step: int, max_lr: float, total_steps: int, pct_start: float, cos: bool, three_phase: bool) -> Any:
    top, first = mpmath.mpf(max_lr), mpmath.mpf(max_lr) / 25
    last, e = first / 10**4, mpmath.mpf(pct_start) * total_steps - 1
    phases = [(0, e, first, top), (e, 2 * e, top, first), (2 * e, total_steps - 1, first, last)]
    if not three_phase:
        phases = [(0, e, first, top), (e, total_steps - 1, top, last)]
    begin, end, start_lr, end_lr = next(phase for phase in phases if step <= phase[1])
    q = (step - begin) / (end - begin)
    return start_lr + (end_lr - start_lr) * ((1 - mpmath.cos(mpmath.pi * q)) / 2 if cos else q)


# A top at pct_start * total_steps - 1 is rounded to float64 before its distance to a step is taken, twice as far with
# three phases.
@pytest.mark.parametrize(("three_phase", "ulps"), [(False, 8), (True, 20)])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize(("total_steps", "pct_start"), [(100, 0.3), (450, 0.25), (1001, 0.41)])
def test_one_cycle_agrees_with_50_digits(
    total_steps: int, pct_start: float, strategy: str, three_phase: bool, ulps: float
) -> None:
    def exact(step: int) -> Any:
        return one_cycle(step, 0.1, total_steps, pct_start, strategy == "cos", three_phase)

    schedule = OneCycle(0.1, total_steps, pct_start, strategy, three_phase=three_phase)
    within_ulps(schedule.values(0, total_steps), exact, ulps)


def test_one_cycle_keeps_its_digits_in_the_last_steps_of_a_million() -> None:
    def exact(step: int) -> Any:
        return one_cycle(step, 0.1, 10**6, 0.25, cos=True, three_phase=False)

    within_ulps(OneCycle(0.1, 10**6, 0.25).values(10**6 - 400, 10**6), exact, ulps=8, start=10**6 - 400)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle_is_exact_at_both_ends_and_at_the_top_and_holds_the_last(strategy: str, three_phase: bool) -> None:
    schedule = OneCycle(0.1, 100, 0.25, strategy, three_phase=three_phase)
    assert schedule(0) == 0.1 / 25
    assert schedule(24) == 0.1
    assert (schedule(48) == 0.1 / 25) is three_phase
    assert schedule.values(99, 104).tolist() == [0.1 / 25 / 1e4] * 5
    assert schedule(2**63 - 1) == 0.1 / 25 / 1e4


def test_one_cycle_without_steps_for_the_rise_starts_at_the_top_or_past_it() -> None:
    assert OneCycle(0.1, 100, 0.01)(0) == 0.1
    assert OneCycle(0.1, 4, 0, "linear").values(0, 5).tolist() == pytest.approx(
        [0.1 - (0.1 - 4e-7) * k / 4 for k in (1, 2, 3, 4, 4)], rel=1e-14
    )


def test_one_cycle_that_only_rises_holds_the_top() -> None:
    assert OneCycle(0.8, 4, 1, "linear", div_factor=4).values(0, 6).tolist() == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 0.8, 0.8], rel=1e-15
    )


def test_scaled_multiplies_by_hand() -> None:
    assert Scaled(Cyclic(0.25, 1.25, 2), 0.5).values(0, 6).tolist() == [0.125, 0.375, 0.625, 0.375, 0.125, 0.375]
    assert Scaled(Constant(3.0), 0.25)(2**63 - 1) == 0.75
    assert Scaled(Scaled(Constant(3.0), 0.5), 0.25).values(0, 2).tolist() == [0.375, 0.375]


@pytest.mark.parametrize("base", EXAMPLES[:15], ids=lambda schedule: schedule.name)
@pytest.mark.parametrize("factor", [0.3, 1e-320, 7])
def test_scaled_is_bit_for_bit_numpys_product(base: Schedule, factor: float) -> None:
    scaled = Scaled(base, factor)
    assert scaled.values(0, 200).tobytes() == (factor * base.values(0, 200)).tobytes()
    assert Scaled(scaled, 1.7).values(0, 200).tobytes() == (1.7 * (factor * base.values(0, 200))).tobytes()


def test_scaled_stays_finite_where_the_product_overflows() -> None:
    assert Scaled(Constant(1e300), 1e300).values(0, 2).tolist() == [np.finfo(np.float64).max] * 2


# Calls


@every_schedule
def test_values_is_float64_and_bit_for_bit_the_calls(schedule: Schedule) -> None:
    values = schedule.values(3, 203)
    assert values.dtype == np.float64
    assert values.tolist() == [schedule(step) for step in range(3, 203)]
    assert isinstance(schedule(3), float)


@every_schedule
def test_values_of_an_empty_range_is_empty(schedule: Schedule) -> None:
    assert schedule.values(5, 5).shape == (0,)


@every_schedule
def test_numpy_integers_are_steps(schedule: Schedule) -> None:
    assert schedule(np.int32(7)) == schedule(np.uint8(7)) == schedule(7)
    assert schedule.values(np.int64(0), np.int32(3)).tolist() == schedule.values(0, 3).tolist()


@every_schedule
@pytest.mark.parametrize(
    ("step", "error", "sentence"),
    [
        (-1, ValueError, "step must not be negative, but got -1"),
        (2**63, ValueError, "step must fit in 64 bits"),
        (1.0, TypeError, "step must be an integer, but got 1.0"),
        (True, TypeError, "step must be an integer, but got True"),
        ("1", TypeError, "step must be an integer, but got '1'"),
        (None, TypeError, "step must be an integer, but got None"),
    ],
)
def test_bad_step_is_refused(schedule: Schedule, step: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        schedule(step)


@every_schedule
@pytest.mark.parametrize(("start", "stop", "name"), [(-1, 3, "start"), (3, 2, "stop")])
def test_bad_range_is_refused(schedule: Schedule, start: int, stop: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        schedule.values(start, stop)


# Arguments

BAD_VALUES = [
    (Constant, (0,), "lr must be a finite number greater than 0, but got 0.0"),
    (Constant, (-0.1,), "lr must be a finite number greater than 0, but got -0.1"),
    (Constant, (float("nan"),), "lr must be a finite number greater than 0, but got nan"),
    (Constant, (float("inf"),), "lr must be a finite number greater than 0, but got inf"),
    (Constant, (10**400,), "lr is too large for a float"),
    (PiecewiseConstant, ([3, 3], [1, 1, 1]), "boundaries[1] must be greater than boundaries[0]=3, but got 3"),
    (PiecewiseConstant, ([0], [1, 1]), "boundaries[0] must be at least 1, but got 0"),
    (PiecewiseConstant, ([3], [1]), "len(lrs) must be len(boundaries) + 1 = 2, but got 1"),
    (PiecewiseConstant, ([3], [1, -1]), "lrs[1] must be a finite number greater than 0, but got -1.0"),
    (PiecewiseLinear, ([3, 3], [1, 1]), "milestones[1] must be greater than milestones[0]=3, but got 3"),
    (PiecewiseLinear, ([-1], [1]), "milestones[0] must be at least 0, but got -1"),
    (PiecewiseLinear, ([3], [1, 2]), "len(milestones) must be len(lrs) = 2, but got 1"),
    (PiecewiseLinear, ([], []), "len(lrs) must be at least 1, but got 0"),
    (PiecewiseLinear, ([3], [-1]), "lrs[0] must be a finite number and not negative, but got -1.0"),
    (PiecewiseCosine, ([5, 3], [1, 1]), "milestones[1] must be greater than milestones[0]=5, but got 3"),
    (PiecewiseCosine, ([3, 4, 5], [1, 2]), "len(milestones) must be len(lrs) = 2, but got 3"),
    (PiecewiseCosine, ([3], [float("nan")]), "lrs[0] must be a finite number and not negative, but got nan"),
    (Tabulated, ([],), "len(lrs) must be at least 1, but got 0"),
    (Tabulated, ([0.1, float("inf")],), "lrs[1] must be a finite number and not negative, but got inf"),
    (Step, (0, 10), "base_lr must be a finite number greater than 0, but got 0.0"),
    (Step, (0.1, 0), "step_size must be at least 1, but got 0"),
    (Step, (0.1, 10, -0.1), "gamma must be a finite number and not negative, but got -0.1"),
    (MultiStep, (-0.1, [1]), "base_lr must be a finite number greater than 0, but got -0.1"),
    (MultiStep, (0.1, [-1]), "milestones[0] must be at least 0, but got -1"),
    (MultiStep, (0.1, [5, 5, 3]), "milestones[2] must not be less than milestones[1]=5, but got 3"),
    (MultiStep, (0.1, [5], float("inf")), "gamma must be a finite number and not negative, but got inf"),
    (Polynomial, (-0.1, 10), "base_lr must be a finite number and not negative, but got -0.1"),
    (Polynomial, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Polynomial, (0.1, 10, float("nan")), "end_lr must be a finite number and not negative, but got nan"),
    (Polynomial, (0.1, 10, 0, 0), "power must be a finite number greater than 0, but got 0.0"),
    (ExponentialDecay, (0, 0.9), "base_lr must be a finite number greater than 0, but got 0.0"),
    (ExponentialDecay, (0.1, -0.9), "decay_rate must be a finite number and not negative, but got -0.9"),
    (ExponentialDecay, (0.1, 0.9, 0), "decay_steps must be at least 1, but got 0"),
    (ExponentialDecay, (0.1, 0.9, 1, False, -1), "end_lr must be a finite number and not negative, but got -1.0"),
    (
        ExponentialDecay,
        (0.1, 0.9, 1, False, 0.2),
        "end_lr must not be greater than base_lr=0.1 where decay_rate=0.9 is less than 1, but got 0.2",
    ),
    (
        ExponentialDecay,
        (0.1, 1.5, 1, False, 0.05),
        "end_lr must not be less than base_lr=0.1 where decay_rate=1.5 is at least 1, but got 0.05",
    ),
    (InverseTime, (0.1, -1), "decay_rate must be a finite number and not negative, but got -1.0"),
    (InverseTime, (0.1, 1, 0), "decay_steps must be at least 1, but got 0"),
    (Linear, (-0.1, 1, 10), "start_lr must be a finite number and not negative, but got -0.1"),
    (Linear, (1, float("nan"), 10), "end_lr must be a finite number and not negative, but got nan"),
    (Linear, (1, 2, 1), "total_steps must be at least 2, but got 1"),
    (Exponential, (0, 1, 10), "start_lr must be a finite number greater than 0, but got 0.0"),
    (Exponential, (1, float("inf"), 10), "end_lr must be a finite number greater than 0, but got inf"),
    (Exponential, (1, 2, 1), "total_steps must be at least 2, but got 1"),
    (Cosine, (0.1, 10, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (Cosine, (0.1, 10, -0.1), "min_lr must be a finite number and not negative, but got -0.1"),
    (Cosine, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Cosine, (0.1, 10, 0, 0), "exponent must be a finite number greater than 0, but got 0.0"),
    (Cosine, (0.1, 10, 0, 1, float("inf")), "k must be a finite number greater than 0, but got inf"),
    (CosineRestarts, (0.1, 0), "first_period must be at least 1, but got 0"),
    (CosineRestarts, (0.1, 5, 0.5), "period_mult must be 1, or from 1.001 to 1e6, but got 0.5"),
    (CosineRestarts, (0.1, 5, 1.0005), "period_mult must be 1, or from 1.001 to 1e6, but got 1.0005"),
    (CosineRestarts, (0.1, 5, float("nan")), "period_mult must be 1, or from 1.001 to 1e6, but got nan"),
    (CosineRestarts, (0.1, 5, 1, 1.5), "peak_decay must be greater than 0 and not greater than 1, but got 1.5"),
    (CosineRestarts, (0.1, 5, 1, 1, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (Tanh, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Tanh, (0.1, 10, -301), "lower must be from -300 to 300, but got -301.0"),
    (Tanh, (0.1, 10, 3, 3), "upper must be greater than lower=3.0, but got 3.0"),
    (Tanh, (0.1, 10, 3, float("nan")), "upper must be from -300 to 300, but got nan"),
    (Tanh, (0.1, 10, -7, 3, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (InverseSqrt, (0.1, 0), "timescale must be at least 1, but got 0"),
    (InverseSqrt, (0.1, 1, -1), "warmup_steps must be at least 0, but got -1"),
    (Noam, (0, 1), "model_size must be at least 1, but got 0"),
    (Noam, (1, 0), "warmup_steps must be at least 1, but got 0"),
    (Noam, (1, 1, 0), "factor must be a finite number greater than 0, but got 0.0"),
    (WarmupStableDecay, (0.1, -1, 0, 1), "warmup_steps must be at least 0, but got -1"),
    (WarmupStableDecay, (0.1, 0, -1, 1), "stable_steps must be at least 0, but got -1"),
    (WarmupStableDecay, (0.1, 0, 0, 0), "decay_steps must be at least 1, but got 0"),
    (WarmupStableDecay, (0.1, 0, 0, 1, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "sqrt"),
        "decay must be '1-sqrt', 'linear', 'cosine', 'exponential' or 'power', but got 'sqrt'",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", -1),
        "decay_power must be a finite number greater than 0, but got -1.0",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", 1, 1),
        "decay_ratio must be greater than 0 and less than 1, but got 1.0",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", 1, 0.5, 0.2),
        "warmup_start_lr must not be greater than base_lr=0.1, but got 0.2",
    ),
    (Cyclic, (0.1, 0.01), "max_lr must be greater than base_lr=0.1, but got 0.01"),
    (Cyclic, (0.1, 0.1), "max_lr must be greater than base_lr=0.1, but got 0.1"),
    (Cyclic, (0.1, 0.2, 0), "step_size_up must be at least 1, but got 0"),
    (Cyclic, (0.1, 0.2, 1, 0), "step_size_down must be at least 1, but got 0"),
    (Cyclic, (0.1, 0.2, 1, 1, "x"), "mode must be 'triangular', 'triangular2' or 'exp_range', but got 'x'"),
    (Cyclic, (0.1, 0.2, 1, 1, "exp_range", 1.5), "gamma must be greater than 0 and not greater than 1, but got 1.5"),
    (OneCycle, (0, 10), "max_lr must be a finite number greater than 0, but got 0.0"),
    (OneCycle, (0.1, 1), "total_steps must be at least 2, but got 1"),
    (OneCycle, (0.1, 10, -0.1), "pct_start must be from 0 to 1, but got -0.1"),
    (OneCycle, (0.1, 10, 1.1), "pct_start must be from 0 to 1, but got 1.1"),
    (OneCycle, (0.1, 10, 0.3, "cosine"), "anneal_strategy must be 'cos' or 'linear', but got 'cosine'"),
    (OneCycle, (0.1, 10, 0.3, "cos", 0), "div_factor must be a finite number greater than 0, but got 0.0"),
    (OneCycle, (0.1, 10, 0.3, "cos", 25, -1), "final_div_factor must be a finite number greater than 0, but got -1.0"),
    (OneCycle, (0.1, 10, 0.3, "cos", 1e-310), "div_factor must leave the learning rates finite, but got 1e-310"),
    (Scaled, (Constant(0.1), 0), "factor must be a finite number greater than 0, but got 0.0"),
    (Scaled, (Constant(0.1), -1), "factor must be a finite number greater than 0, but got -1.0"),
    (Scaled, (Constant(0.1), float("inf")), "factor must be a finite number greater than 0, but got inf"),
    (Scaled, (Constant(0.1), float("nan")), "factor must be a finite number greater than 0, but got nan"),
    (CyclicMomentum, (0.9, 0.8), "base_momentum must not be greater than max_momentum=0.8, but got 0.9"),
    (CyclicMomentum, (0.9, 1), "max_momentum must be at least 0 and less than 1, but got 1.0"),
]


@pytest.mark.parametrize(("schedule", "arguments", "sentence"), BAD_VALUES)
def test_value_out_of_range_is_refused(schedule: type[Schedule], arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        schedule(*arguments)


BAD_TYPES = [
    (Constant, ("0.1",), "lr must be a number, but got '0.1'"),
    (Constant, (True,), "lr must be a number, but got True"),
    (Constant, (np.bool_(True),), "lr must be a number, but got np.True_"),
    (Constant, (None,), "lr must be a number, but got None"),
    (Constant, (1j,), "lr must be a number, but got 1j"),
    (PiecewiseConstant, (3, [1, 1]), "boundaries must be a sequence, but got 3"),
    (PiecewiseConstant, ([3.5], [1, 1]), "boundaries[0] must be an integer, but got 3.5"),
    (PiecewiseConstant, ([3], "ab"), "lrs must be a sequence, but got 'ab'"),
    (PiecewiseConstant, ([3], [1, "b"]), "lrs[1] must be a number, but got 'b'"),
    (PiecewiseLinear, (3, [1]), "milestones must be a sequence, but got 3"),
    (PiecewiseCosine, ([3.0], [1]), "milestones[0] must be an integer, but got 3.0"),
    (PiecewiseCosine, ([3], ["1"]), "lrs[0] must be a number, but got '1'"),
    (Tabulated, (0.1,), "lrs must be a sequence, but got 0.1"),
    (Tabulated, ([0.1, None],), "lrs[1] must be a number, but got None"),
    (Step, (0.1, 10.0), "step_size must be an integer, but got 10.0"),
    (Step, (0.1, 10, "0.1"), "gamma must be a number, but got '0.1'"),
    (MultiStep, (0.1, 10), "milestones must be a sequence, but got 10"),
    (MultiStep, (0.1, [True]), "milestones[0] must be an integer, but got True"),
    (Polynomial, (0.1, 10.0), "decay_steps must be an integer, but got 10.0"),
    (Polynomial, (0.1, 10, 0, 1, 1), "cycle must be True or False, but got 1"),
    (ExponentialDecay, (0.1, 0.9, 1.5), "decay_steps must be an integer, but got 1.5"),
    (ExponentialDecay, (0.1, 0.9, 1, None), "staircase must be True or False, but got None"),
    (ExponentialDecay, (0.1, 0.9, 1, False, "0"), "end_lr must be a number, but got '0'"),
    (InverseTime, (0.1, 1, 1, 1), "staircase must be True or False, but got 1"),
    (Linear, ("0", 1, 10), "start_lr must be a number, but got '0'"),
    (Linear, (0.1, 1, 10.0), "total_steps must be an integer, but got 10.0"),
    (Exponential, (0.1, 1, 10.0), "total_steps must be an integer, but got 10.0"),
    (Cosine, (0.1, True), "decay_steps must be an integer, but got True"),
    (CosineRestarts, (0.1, 5.0), "first_period must be an integer, but got 5.0"),
    (CosineRestarts, (0.1, 5, "2"), "period_mult must be a number, but got '2'"),
    (Tanh, (0.1, 5, None), "lower must be a number, but got None"),
    (InverseSqrt, (0.1, 5, 0.5), "warmup_steps must be an integer, but got 0.5"),
    (Noam, (512.0, 5), "model_size must be an integer, but got 512.0"),
    (WarmupStableDecay, (0.1, 1, 1, 1, 0, 1), "decay must be a string, but got 1"),
    (Cyclic, (0.1, 0.2, 1, 1.5), "step_size_down must be an integer, but got 1.5"),
    (Cyclic, (0.1, 0.2, 1, 1, 2), "mode must be a string, but got 2"),
    (OneCycle, (0.1, 100.0), "total_steps must be an integer, but got 100.0"),
    (OneCycle, (0.1, 100, "0.3"), "pct_start must be a number, but got '0.3'"),
    (OneCycle, (0.1, 100, 0.3, None), "anneal_strategy must be a string, but got None"),
    (Scaled, (Constant(0.1), "2"), "factor must be a number, but got '2'"),
    (Scaled, (0.1, 0.5), "base must be a learning-rate schedule, but got 0.1"),
    (
        Scaled,
        (Constant, 0.5),
        "base must be a learning-rate schedule, but got <class 'lrcore.schedules.constant.Constant'>",
    ),
    (
        Scaled,
        (CyclicMomentum(0.8, 0.9, 5), 0.5),
        "base must be a learning-rate schedule, but got CyclicMomentum(base_momentum=0.8, max_momentum=0.9, "
        "step_size_up=5, step_size_down=5, mode='triangular', gamma=1.0)",
    ),
    (OneCycle, (0.1, 100, 0.3, "cos", 25, 1e4, 1), "three_phase must be True or False, but got 1"),
]


@pytest.mark.parametrize(("schedule", "arguments", "sentence"), BAD_TYPES)
def test_wrong_type_is_refused(schedule: type[Schedule], arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        schedule(*arguments)


def test_integers_and_numpy_scalars_are_numbers() -> None:
    by_numpy = Cyclic(np.float64(1), np.float32(2), np.int64(5), np.uint8(6), "exp_range", np.float32(0.5))
    assert by_numpy == Cyclic(1.0, 2.0, 5, 6, "exp_range", 0.5)
    assert repr(by_numpy) == (
        "Cyclic(base_lr=1.0, max_lr=2.0, step_size_up=5, step_size_down=6, mode='exp_range', gamma=0.5)"
    )
    assert PiecewiseConstant(np.array([3]), np.array([1, 2])) == PiecewiseConstant((3,), (1.0, 2.0))


def test_the_base_class_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Schedule()  # type: ignore[abstract]


# Schedules as values


@pytest.mark.parametrize("schedule_class", [Cyclic, CyclicMomentum])
def test_step_size_down_is_step_size_up_by_default(schedule_class: type[Cyclic | CyclicMomentum]) -> None:
    assert schedule_class(0.1, 0.2, 7) == schedule_class(0.1, 0.2, 7, 7)
    assert hash(schedule_class(0.1, 0.2, 7)) == hash(schedule_class(0.1, 0.2, 7, 7))
    assert schedule_class(0.1, 0.2, 7).step_size_down == 7


@every_schedule
def test_repr_rebuilds_the_schedule(schedule: Schedule) -> None:
    assert eval(repr(schedule)) == schedule


@every_schedule
def test_pickles_and_copies_are_equal_and_give_the_same_values(schedule: Schedule) -> None:
    for other in (pickle.loads(pickle.dumps(schedule)), copy.copy(schedule), copy.deepcopy(schedule)):
        assert other == schedule
        assert hash(other) == hash(schedule)
        assert other.values(0, 400).tolist() == schedule.values(0, 400).tolist()


@every_schedule
def test_json_round_trip_gives_an_equal_schedule(schedule: Schedule) -> None:
    content = json.loads(json.dumps(schedule.to_dict()))
    assert content == schedule.to_dict()
    assert Schedule.from_dict(content) == schedule
    assert type(schedule).from_dict(content) == schedule


@every_schedule
def test_equal_to_no_other_schedule(schedule: Schedule) -> None:
    assert [other == schedule for other in EXAMPLES].count(True) == 1
    assert schedule != "schedule"
    assert len({schedule, copy.deepcopy(schedule)}) == 1


@every_schedule
def test_fields_cannot_be_set(schedule: Schedule) -> None:
    name = dataclasses.fields(schedule)[-1].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(schedule, name, 1)


def test_dataclasses_replace_checks_and_rebuilds() -> None:
    schedule = Cyclic(0.1, 0.2, 7)
    assert dataclasses.replace(schedule, max_lr=0.4)(7) == 0.4
    with pytest.raises(ValueError, match=r"^max_lr must be greater than base_lr=0.1, but got 0.05$"):
        dataclasses.replace(schedule, max_lr=0.05)


def test_a_list_given_to_a_schedule_can_change_afterwards() -> None:
    lrs = [0.1, 0.2]
    schedule = PiecewiseConstant([3], lrs)
    lrs[0] = 5.0
    assert schedule(0) == 0.1
    assert schedule == PiecewiseConstant([3], [0.1, 0.2])


def test_to_dict_holds_name_version_and_every_field() -> None:
    assert PiecewiseConstant([3], [0.1, 0.2]).to_dict() == {
        "schedule": "piecewise_constant",
        "version": 1,
        "boundaries": [3],
        "lrs": [0.1, 0.2],
    }
    assert Cyclic(0.1, 0.2, 7).to_dict() == {
        "schedule": "cyclic",
        "version": 1,
        "base_lr": 0.1,
        "max_lr": 0.2,
        "step_size_up": 7,
        "step_size_down": 7,
        "mode": "triangular",
        "gamma": 1.0,
    }


def test_to_dict_of_a_schedule_in_another_is_a_dict_in_a_dict() -> None:
    assert Scaled(Constant(0.1), 0.5).to_dict() == {
        "schedule": "scaled",
        "version": 1,
        "base": {"schedule": "constant", "version": 1, "lr": 0.1},
        "factor": 0.5,
    }


def test_from_dict_checks_the_schedule_in_another() -> None:
    content = Scaled(Constant(0.1), 0.5).to_dict()
    with pytest.raises(ValueError, match=r"^the version of schedule 'constant' must be 1, but got 2$"):
        Schedule.from_dict(content | {"base": {"schedule": "constant", "version": 2, "lr": 0.1}})
    with pytest.raises(TypeError, match=r"^base must be a learning-rate schedule, but got 0\.1$"):
        Schedule.from_dict(content | {"base": 0.1})


def test_a_base_may_be_nested_100_deep() -> None:
    schedule: Schedule = Constant(0.5)
    for _ in range(100):
        schedule = Scaled(schedule, 1.0)
    assert schedule(0) == 0.5
    assert Schedule.from_dict(schedule.to_dict()) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    with pytest.raises(ValueError, match=r"^schedule must be nested at most 100 deep, but got 101$"):
        Scaled(schedule, 1.0)


NAMES = ", ".join(known.name for known in SCHEDULES)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, f"unknown schedule None: choose one of {NAMES}"),
        ({"schedule": "sigmoid", "version": 1}, f"unknown schedule 'sigmoid': choose one of {NAMES}"),
        ({"schedule": ["constant"], "version": 1}, f"unknown schedule ['constant']: choose one of {NAMES}"),
        ({"schedule": "constant", "lr": 1}, "the version of schedule 'constant' must be 1, but got None"),
        ({"schedule": "constant", "version": 2, "lr": 1}, "the version of schedule 'constant' must be 1, but got 2"),
        ({"schedule": "constant", "version": 1}, "schedule 'constant' lacks the field 'lr'"),
        ({"schedule": "constant", "version": 1, "lr": 1, "x": 1}, "schedule 'constant' has no field 'x'"),
        ({"schedule": "constant", "version": 1, "lr": 0}, "lr must be a finite number greater than 0, but got 0.0"),
    ],
)
def test_from_dict_refuses_what_it_does_not_know(content: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Schedule.from_dict(content)


def test_from_dict_of_one_schedule_refuses_another() -> None:
    with pytest.raises(ValueError, match=r"^unknown schedule 'constant': choose one of cyclic$"):
        Cyclic.from_dict(Constant(0.1).to_dict())


def test_from_dict_refuses_what_is_no_mapping() -> None:
    with pytest.raises(TypeError, match=r"^a schedule must be read from a mapping, but got \[\]$"):
        Schedule.from_dict([])  # type: ignore[arg-type]
