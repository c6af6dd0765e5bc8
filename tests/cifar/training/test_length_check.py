"""Comparison of a run's length with the end of its schedule."""

from __future__ import annotations

from typing import Any

import pytest

from lrcore import (
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
from lrcore.cifar.training.length_check import run_length_warning


@pytest.mark.parametrize(
    ("schedule", "updates"),
    [
        (Cyclic(0.1, 0.2, 50), 100),
        (Cyclic(0.1, 0.2, 3, 4), 7),
        (Cyclic(0.1, 0.2, 3, 4, "triangular2"), 7_000),
        (Cyclic(0.1, 0.2, 1, 1), 2),
        (OneCycle(0.1, 300), 300),
        (Linear(0.1, 0.0, 300), 300),
        (Exponential(0.1, 1e-4, 300), 300),
        (Tabulated([0.1, 0.2, 0.3]), 3),
        (Polynomial(0.1, 300), 300),
        (Polynomial(0.1, 300), 301),
        (Polynomial(0.1, 300, cycle=True), 300),
        (Polynomial(0.1, 300, cycle=True), 601),
        (PiecewiseLinear([0, 100, 300], [0.0, 0.1, 0.0]), 300),
        (PiecewiseCosine([0, 100, 300], [0.0, 0.1, 0.0]), 301),
        (MultiStep(0.1, [100, 299]), 300),
        (Step(0.1, 300), 1),
        (ExponentialDecay(0.1, 0.9, 300), 1),
        (Cosine(0.1, 300), 300),
        (Cosine(0.1, 300), 301),
        (PiecewiseConstant([100, 299], [0.3, 0.2, 0.1]), 300),
        (PiecewiseConstant([], [0.1]), 1),
        (Constant(0.1), 1),
        (Constant(0.1), 10**9),
        (InverseTime(0.01, 0.1, 391, True), 1),
        (InverseTime(0.01, 0.1, 391, True), 10**9),
        (Scaled(Scaled(Cyclic(0.1, 0.2, 50), 0.5), 0.5), 100),
        (Scaled(Constant(0.1), 0.5), 7),
        (Tanh(0.1, 300), 300),
        (WarmupStableDecay(0.1, 50, 200, 50), 300),
        (CosineRestarts(0.1, 100, 2.0), 700),
        (CosineRestarts(0.1, 20, 1.5), 163),
        (CyclicMomentum(0.8, 0.9, 50), 100),
        (InverseSqrt(0.1, 50), 1),
        (Noam(512, 50), 51),
        (Warmup(Constant(0.1), 50), 51),
        (Warmup(Cosine(0.1, 250), 50), 300),
        (Warmup(Cyclic(0.1, 0.2, 25), 50), 300),
        (Delay(Linear(0.1, 0.0, 250), 50), 300),
        (Offset(Linear(0.1, 0.0, 350), 50), 300),
        (Offset(Cyclic(0.1, 0.2, 50), 30), 70),
        (Cooldown(Constant(0.1), 200, 100), 300),
        (Clip(OneCycle(0.1, 300), 1e-3), 300),
        (Sequence([Constant(0.1), Cosine(0.1, 200)], [100]), 300),
        (Sequence([Cosine(0.1, 200), Constant(0.1)], [100]), 10**6),
        (Product([Cosine(0.1, 300), Cyclic(0.5, 1.5, 7, 3)]), 300),
        (Product([Cosine(0.1, 300, 0.01), Cyclic(0.5, 1.5, 50)]), 400),
        (Repeat(Cosine(0.1, 100), 100), 200),
        (Repeat(Cosine(0.1, 100), 100, 3), 300),
        (Until(Cyclic(0.1, 0.2, 7), 300), 300),
        (Until(Constant(0.1), 300, "raise"), 300),
        (Cosine(0.1, 300, end="raise"), 300),
        (Cosine(0.1, 100, end="mirror"), 300),
        (Cosine(0.1, 100, end="mirror"), 301),
        (Cosine(0.1, 99, end="repeat"), 300),
        (CosineRestarts(0.1, 100, cycles=3), 300),
        (CosineRestarts(0.1, 100, cycles=3), 301),
        (Warmup(Cosine(0.1, 300), 50, prefix=False), 300),
        (Cyclic(0.1, 0.2, 50, scale=[1.0, 0.5, 0.0]), 200),
        (Cyclic(0.1, 0.2, 50, scale=[1.0, 0.5]), 1000),
        (Delay(Offset(Cyclic(0.1, 0.2, 50), 30), 40), 110),
        (Until(Cosine(0.1, 100), 101, "mirror"), 300),
        (Until(Cosine(0.1, 100), 101, "mirror"), 301),
    ],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_a_run_that_ends_with_its_schedule_is_whole(schedule: Schedule, updates: int) -> None:
    assert run_length_warning(schedule, updates) is None


@pytest.mark.parametrize("schedule", [OneCycle(0.1, 300), Linear(0.1, 1e-4, 300), Exponential(0.1, 1e-4, 300)])
def test_a_run_of_total_steps_ends_at_the_last_learning_rate(schedule: Schedule) -> None:
    last = schedule(2**62)
    assert [schedule(step) == last for step in (298, 299)] == [False, True]
    assert [run_length_warning(schedule, updates) is None for updates in (299, 300, 301)] == [False, True, False]


def test_a_whole_cosine_ends_at_most_one_update_early() -> None:
    schedule = Cosine(0.1, 300, 1e-4)
    assert [schedule(step) == 1e-4 for step in (299, 300)] == [False, True]
    assert [run_length_warning(schedule, updates) is None for updates in (299, 300, 301, 302)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("schedule", "updates", "sentence"),
    [
        (
            Cyclic(2e-4, 2e-2, 2000),
            39_100,
            "the run of 39100 updates ends 3100 updates into a cycle of 4000: "
            "whole cycles end after 36000 or 40000 updates",
        ),
        (
            Cyclic(0.1, 0.2, 3, 4),
            8,
            "the run of 8 updates ends 1 update into a cycle of 7: whole cycles end after 7 or 14 updates",
        ),
        (
            Cyclic(0.1, 0.2, 3, 4),
            6,
            "the run of 6 updates ends 6 updates into a cycle of 7: whole cycles end after 7 updates",
        ),
        (
            Cyclic(0.1, 0.2, 3, 4),
            1,
            "the run of 1 update ends 1 update into a cycle of 7: whole cycles end after 7 updates",
        ),
        (
            OneCycle(0.1, 300),
            299,
            "the run of 299 updates stops 1 update before its schedule ends, at 300",
        ),
        (
            Linear(0.1, 0.0, 300),
            100,
            "the run of 100 updates stops 200 updates before its schedule ends, at 300",
        ),
        (
            Exponential(0.1, 1e-4, 300),
            450,
            "the schedule ends after 300 updates: the run holds its last learning rate for 150 more",
        ),
        (
            OneCycle(0.1, 300),
            301,
            "the schedule ends after 300 updates: the run holds its last learning rate for 1 more",
        ),
        (
            Cosine(0.1, 300),
            299,
            "the run of 299 updates stops 1 update before its schedule ends, at 300",
        ),
        (
            Cosine(0.1, 300),
            302,
            "the schedule ends after 301 updates: the run holds its last learning rate for 1 more",
        ),
        (
            PiecewiseConstant([100, 300], [0.3, 0.2, 0.1]),
            300,
            "the run of 300 updates ends before the boundary 300 of its schedule",
        ),
        (
            PiecewiseConstant([100, 300, 400], [0.3, 0.2, 0.1, 0.05]),
            200,
            "the run of 200 updates ends before the boundaries 300, 400 of its schedule",
        ),
        (
            Scaled(Scaled(OneCycle(0.1, 300), 0.5), 2.0),
            100,
            "the run of 100 updates stops 200 updates before its schedule ends, at 300",
        ),
        (
            Polynomial(0.1, 100, cycle=True),
            230,
            "the run of 230 updates ends 30 updates into a cycle of 100: whole cycles end after 200 or 300 updates",
        ),
        (
            CosineRestarts(0.1, 100, 2.0),
            301,
            "the run of 301 updates ends 1 update into a cycle of 400: whole cycles end after 300 or 700 updates",
        ),
        (
            Warmup(Cyclic(0.1, 0.2, 25), 30),
            100,
            "the run of 100 updates ends 20 updates into a cycle of 50: whole cycles end after 80 or 130 updates",
        ),
        (
            Warmup(Cyclic(0.1, 0.2, 25), 30),
            20,
            "the run of 20 updates ends before the boundary 30 of its schedule",
        ),
        (
            Warmup(Cosine(0.1, 270), 30),
            200,
            "the run of 200 updates stops 100 updates before its schedule ends, at 300",
        ),
        (
            Sequence([Constant(0.1), Cosine(0.1, 200)], [100]),
            302,
            "the schedule ends after 301 updates: the run holds its last learning rate for 1 more",
        ),
        (
            Sequence([Cosine(0.1, 200), Constant(0.1)], [100]),
            100,
            "the run of 100 updates ends before the boundary 100 of its schedule",
        ),
        (
            Product([Cosine(0.1, 300, 0.01), Cyclic(0.5, 1.5, 50)]),
            350,
            "the run of 350 updates ends 50 updates into a cycle of 100: whole cycles end after 300 or 400 updates",
        ),
        (
            Repeat(Cosine(0.1, 100), 100, 3),
            400,
            "the schedule ends after 300 updates: the run holds its last learning rate for 100 more",
        ),
        (
            Offset(Cyclic(0.1, 0.2, 50), 30),
            30,
            "the run of 30 updates ends 60 updates into a cycle of 100: whole cycles end after 70 updates",
        ),
        (
            Until(Cosine(0.1, 100), 101, "mirror"),
            302,
            "the run of 302 updates ends 2 updates into a cycle of 100: whole cycles end after 300 or 400 updates",
        ),
        (
            CosineRestarts(0.1, 100, cycles=3),
            302,
            "the schedule ends after 301 updates: the run holds its last learning rate for 1 more",
        ),
        (
            Cosine(0.1, 300, end="raise"),
            200,
            "the run of 200 updates stops 100 updates before its schedule ends, at 300",
        ),
        (
            Cosine(0.1, 300, end="raise"),
            302,
            "the schedule has no learning rate at update 301: the run would stop there",
        ),
        (
            Until(Constant(0.1), 300, "raise"),
            301,
            "the schedule has no learning rate at update 300: the run would stop there",
        ),
    ],
)
def test_any_other_run_gets_one_sentence(schedule: Schedule, updates: int, sentence: str) -> None:
    assert run_length_warning(schedule, updates) == sentence


@pytest.mark.parametrize(
    ("updates", "error", "sentence"),
    [
        (0, ValueError, "^updates must be at least 1, but got 0$"),
        (1.5, TypeError, r"^updates must be an integer, but got 1\.5$"),
    ],
)
def test_updates_must_be_a_count(updates: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        run_length_warning(Constant(0.1), updates)
