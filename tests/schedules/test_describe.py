"""Schedules in words."""

from __future__ import annotations

from typing import Any

import pytest

from lrcore import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Offset,
    OneCycle,
    Product,
    Repeat,
    Schedule,
    Sequence,
    Step,
    Until,
)
from lrcore.schedules._base import compact_repr


def test_describe_lists_ends_extremes_phases_and_the_end_policy() -> None:
    schedule = OneCycle(0.5, 100, pct_start=0.25, anneal_strategy="linear", div_factor=5, final_div_factor=0.5)
    assert schedule.describe().splitlines() == [
        repr(schedule),
        "learning rate of 100 updates:",
        "  first    0.1          at update 0",
        "  highest  0.5          at update 24",
        "  lowest   0.1          at update 0",
        "  last     0.2          at update 99",
        "phases:",
        "  0 to 23              0.1 to 0.483333",
        "  24 to 99             0.5 to 0.2",
        "from update 99 on: held at 0.2",
    ]


def test_the_end_policy_does_not_depend_on_the_sampled_range() -> None:
    schedule = Cosine(0.5, 100, 0.25)
    lines = schedule.describe(steps=1).splitlines()
    assert lines[1] == "learning rate of 1 update:"
    assert {line.split()[1] for line in lines[2:6]} == {"0.5"}
    assert lines[6:] == ["from update 100 on: held at 0.25"]
    assert schedule.describe(steps=300).splitlines()[5] == "  last     0.25         at update 299"


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (Constant(0.1), "from update 0 on: held at 0.1"),
        (Step(0.1, 30), "no end"),
        (Cyclic(0.1, 0.2, 20, 30), "no end: cycles of 50 updates"),
        (Cyclic(0.1, 0.2, 1, 1) * Cyclic(0.1, 0.2, 2, 2), "no end: cycles of 2 updates and cycles of 4 updates"),
        (CosineRestarts(0.1, 9, 1.5), "no end: cycles of 9 updates, each 1.5 times as long as the one before"),
        (Until(Cosine(0.1, 100), 30, "raise"), "from update 30 on: ValueError"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_last_line_describes_the_end_policy(schedule: Any, sentence: str) -> None:
    assert schedule.describe().splitlines()[-1] == sentence


@pytest.mark.parametrize(
    ("schedule", "raising", "sentence"),
    [
        (Sequence([Until(Constant(0.1), 1, "raise"), Constant(0.2)], [5]), {1, 2, 3, 4}, "updates 1 to 4: ValueError"),
        (Sequence([Until(Constant(0.1), 4, "raise"), Constant(0.2)], [5]), {4}, "update 4: ValueError"),
        (Repeat(Until(Constant(0.1), 3, "raise"), 5), {3, 4, 8, 9}, "updates 3 to 4: ValueError"),
        (Repeat(Until(Constant(0.1), 3, "raise"), 5, 2), {*range(3, 5), *range(8, 12)}, "updates 3 to 4: ValueError"),
        (Until(Until(Constant(0.1), 3, "raise"), 5, "mirror"), {3, 4, 5, 11}, "updates 3 to 5: ValueError"),
        (Until(Until(Constant(0.1), 3, "raise"), 5, "hold"), {*range(3, 12)}, "from update 3 on: ValueError"),
        (Until(Until(Constant(0.1), 3, "raise"), 5, "raise"), {*range(3, 12)}, "from update 3 on: ValueError"),
        (
            Product([Sequence([Until(Constant(0.1), 1, "raise"), Constant(0.2)], [5]), Constant(0.5)]),
            {1, 2, 3, 4},
            "updates 1 to 4: ValueError",
        ),
        (
            Product(
                [
                    Sequence([Until(Constant(0.1), 1, "raise"), Constant(0.2)], [5]),
                    Until(Constant(0.1), 1, "raise"),
                ]
            ),
            {*range(1, 12)},
            "from update 1 on: ValueError",
        ),
        (
            Cyclic(0.1, 0.2, 1, scale=Sequence([Until(Constant(0.1), 1, "raise"), Constant(0.2)], [2])),
            {2, 3},
            "updates 2 to 3: ValueError",
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_which_updates_raise_is_true(schedule: Schedule, raising: set[int], sentence: str) -> None:
    for step in range(12):
        if step in raising:
            with pytest.raises(ValueError, match=r"^step must be"):
                schedule(step)
        else:
            schedule(step)
    assert schedule.describe().splitlines()[-1] == sentence


def test_past_the_updates_that_raise_there_are_phases_again() -> None:
    schedule = Sequence([Until(Constant(0.1), 1, "raise"), Cosine(0.2, 20)], [5])
    assert len(schedule.plot(start=5).lines[0].get_xdata()) == 21
    assert Offset(schedule, 5).describe().splitlines()[-1] == "from update 20 on: held at 0"


def test_a_schedule_that_raises_at_once_says_no_more() -> None:
    schedule = Offset(Until(Constant(0.1), 3, "raise"), 3)
    assert schedule.describe().splitlines() == [repr(schedule), "from update 0 on: ValueError"]


def test_many_phases_are_cut_short() -> None:
    lines = Step(1.0, 10, gamma=0.5).describe(steps=10_000).splitlines()
    assert lines[7:9] == ["  0 to 9               1 to 1", "  10 to 19             0.5 to 0.5"]
    assert lines[-2:] == ["  and so on", "no end"]
    assert len(lines) == 21


def test_a_momentum_is_called_so() -> None:
    assert CyclicMomentum(0.8, 0.9, 10).describe().splitlines()[1] == "momentum of 60 updates:"


def test_a_long_schedule_is_sampled_including_its_turns() -> None:
    lines = Cyclic(0.25, 0.5, 10**12 + 1, 10**12 + 7).describe().splitlines()
    assert lines[1].startswith(f"learning rate of {6 * 10**12 + 24} updates, of which ")
    assert lines[3] == f"  highest  0.5          at update {10**12 + 1}"


@pytest.mark.parametrize(
    ("steps", "error", "sentence"),
    [
        (0, ValueError, "^steps must be at least 1, but got 0$"),
        (1.5, TypeError, r"^steps must be an integer, but got 1\.5$"),
    ],
)
def test_steps_must_be_a_count(steps: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        Constant(0.1).describe(steps)


def test_the_short_form_rebuilds_the_schedule() -> None:
    schedule = OneCycle(0.5, 100, anneal_strategy="linear").then(Cosine(0.1, 10) * 0.5, at=100)
    assert eval(compact_repr(schedule), vars(__import__("lrcore"))) == schedule
    assert "pct_start" not in compact_repr(schedule)
