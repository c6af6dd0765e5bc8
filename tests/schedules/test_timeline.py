"""Lengths and phase starts of schedules, checked against their values."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate, islice, pairwise

import numpy as np
import pytest

from lrcore import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CosineRestarts,
    Cyclic,
    Delay,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    Offset,
    OneCycle,
    PiecewiseConstant,
    PiecewiseLinear,
    Polynomial,
    Product,
    Repeat,
    Scaled,
    Schedule,
    Sequence,
    Step,
    Tabulated,
    Until,
    Warmup,
    WarmupStableDecay,
)
from lrcore.schedules._base import LEARNING_RATE
from lrcore.schedules._timeline import PeriodicSegment, Timeline
from tests.support.schedule_examples import EXAMPLES

LAST = 2**63 - 1
CYCLIC = Cyclic(0.5, 1.5, 20, 30)
COSINE = Cosine(0.1, 100)

# First step of the value that is held for ever, and the steps at which a phase begins.
ENDING = [
    (Constant(0.1), 0, []),
    (PiecewiseConstant([30, 60], [0.1, 0.01, 0.001]), 60, [30, 60]),
    (MultiStep(0.1, [0, 30, 60, 60]), 60, [30, 60]),
    (PiecewiseLinear([10, 30, 60], [0.0, 0.1, 0.05]), 60, [10, 30]),
    (Tabulated([0.1, 0.3, 0.2, 0.0]), 3, []),
    (Linear(0.1, 0.0, 100), 99, []),
    (Polynomial(0.1, 30), 30, []),
    (COSINE, 100, []),
    (OneCycle(0.1, 100, 0.25), 99, [24]),
    (OneCycle(0.1, 100, 0.255), 99, [25]),
    (OneCycle(0.1, 100, 0.07), 99, [6]),
    (OneCycle(0.1, 100, 0.25, three_phase=True), 99, [24, 48]),
    (OneCycle(0.1, 100, 0.0), 99, []),
    (OneCycle(0.1, 100, 1.0), 99, []),
    (WarmupStableDecay(0.1, 20, 30, 40), 90, [20, 50]),
    (WarmupStableDecay(0.1, 0, 0, 40), 40, []),
    (ExponentialDecay(1.0, 0.5, end_lr=0.125), 3, []),
    (ExponentialDecay(1.0, 0.5, 10, True, end_lr=0.125), 30, [10, 20, 30]),
    (ExponentialDecay(1.0, 2.0, end_lr=8.0), 3, []),
    (ExponentialDecay(1.0, 0.0, 10, True), 10, [10]),
    (ExponentialDecay(1.0, 1.0), 0, []),
    (InverseTime(0.1, 0.0), 0, []),
    (Warmup(COSINE, 30), 130, [30]),
    (Warmup(Constant(0.1), 30), 30, [30]),
    (Delay(COSINE, 30), 130, [30]),
    (Delay(COSINE, 0), 100, []),
    (Offset(Warmup(COSINE, 30), 10), 120, [20]),
    (Offset(Warmup(COSINE, 30), 40), 90, []),
    (Offset(COSINE, 300), 0, []),
    (Cooldown(CYCLIC, 70, 50), 120, [20, 50, 70]),
    (Cooldown(COSINE, 20, 10), 30, [20]),
    (Sequence([Linear(0.0, 0.1, 31), COSINE, Constant(0.1)], [30, 120]), 120, [30, 120]),
    (Sequence([CYCLIC, COSINE], [60]), 160, [20, 50, 60]),
    (Product([CYCLIC, COSINE]), 100, [20, 50, 70]),
    (Product([COSINE, PiecewiseConstant([30, 200], [1.0, 0.5, 0.1])]), 100, [30]),
    (Product([PiecewiseConstant([30, 200], [1.0, 0.5, 0.1]), Cosine(0.1, 100, 0.01)]), 200, [30, 200]),
    (Product([COSINE, Constant(2.0)]), 100, []),
    (Repeat(Warmup(COSINE, 10), 30, 3), 89, [10, 30, 40, 60, 70]),
    (Until(CYCLIC, 60), 59, [20, 50]),
    (Until(CYCLIC, 1, "mirror"), 0, []),
    (Scaled(Clip(COSINE, 0.01), 2.0), 100, []),
    (CosineRestarts(0.1, 20, 1.5, cycles=3), 95, [20, 50]),
    (CosineRestarts(0.1, 20, cycles=1), 20, []),
    (Cyclic(0.5, 1.5, 20, 30, scale=[1.0, 0.5, 0.0]), 100, [20, 50, 70]),
    (Cyclic(0.5, 1.5, 20, 30, scale=COSINE, scale_mode="iterations"), 100, [20, 50, 70]),
    (Warmup(COSINE, 30, prefix=False), 100, [30]),
    (Warmup(COSINE, 300, prefix=False), 300, [300]),
]

# The first steps at which a phase begins.
ENDLESS = [
    (Step(0.1, 30), [30, 60, 90]),
    (InverseTime(0.1, 0.5, 10, True), [10, 20, 30]),
    (InverseTime(0.1, 0.5, 10), []),
    (ExponentialDecay(0.1, 0.9, 10), []),
    (InverseSqrt(0.1, 30, 20), [20]),
    (InverseSqrt(0.1, 30), []),
    (Noam(512, 40), [39]),
    (Polynomial(0.1, 30, cycle=True), [31, 61, 91]),
    (CYCLIC, [20, 50, 70]),
    (CosineRestarts(0.1, 20, 2.0), [20, 60, 140]),
    (CosineRestarts(0.1, 20, 1.5), [20, 50, 95, 163]),
    (Warmup(CYCLIC, 7), [7, 27, 57]),
    (Delay(CYCLIC, 7), [7, 27, 57]),
    (Offset(CYCLIC, 30), [20, 40, 70]),
    (Sequence([Repeat(COSINE, 10), CYCLIC], [25]), [10, 20, 25, 45, 75]),
    (Product([CYCLIC, Cosine(0.1, 100, 0.01)]), [20, 50, 70, 100, 120]),
    (Repeat(CYCLIC, 30), [30, 60, 90]),
    (Until(CYCLIC, 30, "repeat"), [30, 60, 90]),
    (Until(COSINE, 30, "mirror"), [29, 58, 87]),
    (Cosine(0.1, 30, end="mirror"), [30, 60, 90]),
    (Cosine(0.1, 30, end="repeat"), [31, 62, 93]),
    (Cyclic(0.5, 1.5, 20, 30, scale=[1.0, 0.5]), [20, 50, 70]),
    (Warmup(CYCLIC, 60, prefix=False), [60, 70, 100]),
    (Delay(Offset(CYCLIC, 30), 40), [40, 60, 80]),
]


def short(value: object) -> str:
    return getattr(value, "name", "")


@pytest.mark.parametrize(("schedule", "constant_from", "phase_starts"), ENDING, ids=short)
def test_an_ending_schedule_is_constant_only_from_its_end(
    schedule: Schedule, constant_from: int, phase_starts: list[int]
) -> None:
    course = schedule.course()
    assert (course.constant_from, list(course.iter_phase_starts(0, course.length))) == (constant_from, phase_starts)
    assert {*schedule.values(constant_from, constant_from + 500), schedule(LAST)} == {schedule(constant_from)}
    assert constant_from < course.length


@pytest.mark.parametrize(("schedule", "phase_starts"), ENDLESS, ids=short)
def test_an_endless_schedule_is_never_held(schedule: Schedule, phase_starts: list[int]) -> None:
    course = schedule.course()
    assert (course.constant_from, course.complete_after) == (None, None)
    assert list(islice(course.iter_phase_starts(0, LAST), len(phase_starts))) == phase_starts
    values = schedule.values(0, 2 * course.length)
    assert values[course.length :].min() < values[course.length :].max()


@pytest.mark.parametrize("schedule", [CosineRestarts(0.1, 7, mult) for mult in (1.0, 1.1, 1.5, 2.0, 3.7)], ids=repr)
def test_cosine_restarts_begin_where_the_learning_rate_jumps(schedule: Schedule) -> None:
    jumps = np.flatnonzero(np.diff(schedule.values(0, 5000)) > 0) + 1
    rises = jumps[np.diff(jumps, prepend=-1) > 1]
    assert list(schedule.course().iter_phase_starts(0, 5000)) == rises.tolist()


def test_joints_far_into_a_schedule_are_found_at_once() -> None:
    assert list(Offset(CYCLIC, 10**15).course().iter_phase_starts(10**15, 10**15 + 60)) == [10**15 + 20, 10**15 + 50]


@pytest.mark.parametrize(
    ("base", "phase_starts"),
    [
        (Step(0.1, 2), [10**15, 10**15 + 2]),
        (Cyclic(0.1, 0.2, 3, 5), [10**15, 10**15 + 3]),
        (Until(COSINE, 2, "repeat"), [10**15, 10**15 + 2]),
        (Cosine(0.1, 1, end="repeat"), [10**15, 10**15 + 2]),
        (Clip(Step(0.1, 2), 0.01), [10**15, 10**15 + 2]),
        (Cooldown(Step(0.1, 2), 10**14, 5), [10**15]),
        (Repeat(COSINE, 2, 10**14), [10**15]),
        (CosineRestarts(0.1, 1, 1.001), [10**15]),
    ],
    ids=short,
)
def test_a_warmup_over_very_many_cycles_passes_over_them_at_once(base: Schedule, phase_starts: list[int]) -> None:
    schedule = Warmup(base, 10**15, prefix=False)
    assert list(islice(schedule.course().iter_phase_starts(0, LAST), len(phase_starts))) == phase_starts
    assert schedule.describe().splitlines()[0] == repr(schedule)


def test_cycles_that_grow_past_the_last_step_have_no_end() -> None:
    assert CosineRestarts(0.1, 1, 1.5, cycles=2**62).course().constant_from is None


@pytest.mark.parametrize("growth", [1.001, 1.1, 1.5, 2.0, 3.7])
def test_growing_cycles_start_right_after_the_previous_end(growth: float) -> None:
    exact = list(accumulate((7 * Fraction(growth) ** number for number in range(30)), initial=Fraction(0)))
    cycles = PeriodicSegment(7, begin=3, growth=growth)
    assert [cycles.end_of(number) for number in range(31)] == [3 + math.ceil(end) for end in exact]
    for number, (begin, end) in enumerate(pairwise(map(cycles.end_of, range(31)))):
        assert cycles.bounds_at(begin) == cycles.bounds_at(end - 1) == (begin, end), number


@pytest.mark.parametrize(
    ("schedule", "undefined_from"),
    [
        (Until(COSINE, 30, "raise"), 30),
        (Cosine(0.1, 30, end="raise"), 31),
        (Cyclic(0.5, 1.5, 20, 30, scale=Until(COSINE, 3, "raise")), 150),
        (Scaled(Delay(Until(COSINE, 30, "raise"), 5), 2.0), 35),
        (Offset(Until(COSINE, 30, "raise"), 5), 25),
        (Product([COSINE, Until(CYCLIC, 200, "raise")]), 200),
        (Sequence([Until(COSINE, 30, "raise"), CYCLIC], [40]), 30),
        (Sequence([CYCLIC, Until(COSINE, 30, "raise")], [40]), 70),
        (Sequence([Until(COSINE, 30, "raise"), CYCLIC], [30]), None),
        (Repeat(Until(COSINE, 30, "raise"), 40), 30),
        (Repeat(Until(COSINE, 30, "raise"), 30), None),
    ],
    ids=short,
)
def test_where_a_schedule_raises_is_known(schedule: Schedule, undefined_from: int | None) -> None:
    assert schedule.course().undefined_from == undefined_from
    if undefined_from is not None:
        schedule.values(0, undefined_from)
        with pytest.raises(ValueError, match=r"^step must "):
            schedule(undefined_from)


def test_deep_nesting_takes_no_time() -> None:
    schedule: Schedule = COSINE
    for _ in range(45):
        schedule = Scaled(Product([schedule, CYCLIC]), 0.5)
    assert schedule.course().constant_from == 100


def test_where_a_schedule_raises_nothing_is_held() -> None:
    factor = Product([COSINE, Until(CYCLIC, 30, "raise")])
    assert Product([factor, CYCLIC]).course().undefined_from == 30
    assert factor.course().constant_from is None


@pytest.mark.parametrize("rate", [5e-324, 1e-9, 1e300])
def test_the_shown_length_of_a_decay_is_finite(rate: float) -> None:
    assert 2 <= InverseTime(0.1, rate).course().length <= 2**53
    assert 2 <= ExponentialDecay(0.1, rate).course().length <= 2**53


@pytest.mark.parametrize("schedule", EXAMPLES, ids=short)
def test_every_class_is_known(schedule: Schedule) -> None:
    course = schedule.course()
    later = schedule.values(course.length, 2 * course.length)
    assert course != Timeline(100)  # that of a class that is not known
    assert (course.constant_from is None) == (later.min() < later.max())
    if course.constant_from and schedule.quantity == LEARNING_RATE:  # a momentum may be level before its end
        assert schedule(course.constant_from - 1) != schedule(course.constant_from)
