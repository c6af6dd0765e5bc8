"""Whether a run ends where its schedule does."""

from __future__ import annotations

from typing import Any

import pytest

from lrcore.cifar.ending import ending_warning
from lrcore.schedules import (
    Constant,
    Cosine,
    Cyclic,
    Exponential,
    ExponentialDecay,
    InverseTime,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Step,
    Tabulated,
)


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
        (Polynomial(0.1, 300, cycle=True), 1),
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
    ],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_a_run_that_ends_with_its_schedule_is_whole(schedule: Schedule, updates: int) -> None:
    assert ending_warning(schedule, updates) is None


@pytest.mark.parametrize("schedule", [OneCycle(0.1, 300), Linear(0.1, 1e-4, 300), Exponential(0.1, 1e-4, 300)])
def test_a_whole_run_of_total_steps_reaches_the_last_learning_rate_with_its_last_update(schedule: Schedule) -> None:
    last = schedule(2**62)
    assert [schedule(step) == last for step in (298, 299)] == [False, True]
    assert [ending_warning(schedule, updates) is None for updates in (299, 300, 301)] == [False, True, False]


def test_a_whole_cosine_ends_at_its_last_learning_rate_or_one_update_above() -> None:
    schedule = Cosine(0.1, 300, 1e-4)
    assert [schedule(step) == 1e-4 for step in (299, 300)] == [False, True]
    assert [ending_warning(schedule, updates) is None for updates in (299, 300, 301, 302)] == [False, True, True, False]


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
    ],
)
def test_any_other_run_gets_one_sentence(schedule: Schedule, updates: int, sentence: str) -> None:
    assert ending_warning(schedule, updates) == sentence


@pytest.mark.parametrize(
    ("updates", "error", "sentence"),
    [
        (0, ValueError, "^updates must be at least 1, but got 0$"),
        (1.5, TypeError, r"^updates must be an integer, but got 1\.5$"),
    ],
)
def test_updates_must_be_a_count(updates: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        ending_warning(Constant(0.1), updates)
