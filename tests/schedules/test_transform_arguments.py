"""Errors and text form of schedules made of schedules."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lrcore import (
    Clip,
    Constant,
    Cooldown,
    Cosine,
    CyclicMomentum,
    Delay,
    Linear,
    Offset,
    Product,
    Repeat,
    Schedule,
    Sequence,
    Until,
    Warmup,
    parse_schedule,
)

ONE = Constant(1.0)
WARM = Warmup(ONE, 9)

BAD_VALUES = [
    (Sequence, ([], []), "len(schedules) must be at least 1, but got 0"),
    (Sequence, ([ONE, ONE], []), "len(milestones) must be len(schedules) - 1 = 1, but got 0"),
    (Sequence, ([ONE], [5]), "len(milestones) must be len(schedules) - 1 = 0, but got 1"),
    (Sequence, ([ONE, ONE], [0]), "milestones[0] must be at least 1, but got 0"),
    (Sequence, ([ONE] * 3, [5, 4]), "milestones[1] must be greater than milestones[0]=5, but got 4"),
    (Sequence, ([WARM, ONE], [8]), "milestones[0] must leave the warm-up its 9 steps, but got 8"),
    (Sequence, ([ONE, WARM, ONE], [3, 11]), "milestones[1] must leave the warm-up its 9 steps, but got 11"),
    (Product, ([],), "len(schedules) must be at least 1, but got 0"),
    (Warmup, (ONE, 0), "steps must be at least 1, but got 0"),
    (Warmup, (ONE, 1, "step"), "shape must be 'linear', 'cosine' or '1-sqrt', but got 'step'"),
    (Warmup, (ONE, 1, "linear", "1"), "first must be '0', '1/W' or '1/(W+1)', but got '1'"),
    (Warmup, (ONE, 1, "linear", "0", -1), "start_lr must be a finite number and not negative, but got -1.0"),
    (Cooldown, (ONE, -1, 1), "begin must be at least 0, but got -1"),
    (Cooldown, (ONE, 1, 0), "steps must be at least 1, but got 0"),
    (Cooldown, (ONE, 1, 1, 2), "end_lr must not be greater than base(begin)=1.0, but got 2.0"),
    (Cooldown, (ONE, 1, 1, float("nan")), "end_lr must be a finite number and not negative, but got nan"),
    (Cooldown, (WARM, 8, 1), "begin must leave the warm-up its 9 steps, but got 8"),
    (Clip, (ONE, 0.2, 0.1), "min_lr must not be greater than max_lr=0.1, but got 0.2"),
    (Clip, (ONE, -0.1), "min_lr must be a finite number and not negative, but got -0.1"),
    (Clip, (ONE, 0, 0), "max_lr must be a finite number greater than 0, but got 0.0"),
    (Clip, (ONE, 0, float("inf")), "max_lr must be a finite number greater than 0, but got inf"),
    (Delay, (ONE, -1), "steps must be at least 0, but got -1"),
    (Offset, (ONE, -1), "offset must be at least 0, but got -1"),
    (Repeat, (ONE, 0), "period must be at least 1, but got 0"),
    (Repeat, (ONE, 1, 0), "count must be at least 1, but got 0"),
    (Repeat, (ONE, 1, 1, 0), "peak_decay must be greater than 0 and not greater than 1, but got 0.0"),
    (Repeat, (WARM, 8), "period must leave the warm-up its 9 steps, but got 8"),
    (Until, (ONE, 0), "total_steps must be at least 1, but got 0"),
    (Until, (ONE, 1, "stop"), "end must be 'hold', 'repeat', 'mirror' or 'raise', but got 'stop'"),
    (Until, (WARM, 8), "total_steps must leave the warm-up its 9 steps, but got 8"),
    (ONE.then, (WARM, 0), "milestones[0] must be at least 1, but got 0"),
]


@pytest.mark.parametrize(("make", "arguments", "sentence"), BAD_VALUES)
def test_value_out_of_range_is_refused(make: Any, arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make(*arguments)


MOMENTUM = CyclicMomentum(0.8, 0.9, 5)
BAD_TYPES = [
    (Sequence, (ONE, []), f"schedules must be a sequence, but got {ONE!r}"),
    (Sequence, ([ONE, 0.1], [5]), "schedules[1] must be a learning-rate schedule, but got 0.1"),
    (Sequence, ([ONE, MOMENTUM], [5]), f"schedules[1] must be a learning-rate schedule, but got {MOMENTUM!r}"),
    (Sequence, ([ONE, ONE], [5.0]), "milestones[0] must be an integer, but got 5.0"),
    (Product, ([ONE, None],), "schedules[1] must be a learning-rate schedule, but got None"),
    (Warmup, (0.1, 5), "base must be a learning-rate schedule, but got 0.1"),
    (Warmup, (ONE, 5.0), "steps must be an integer, but got 5.0"),
    (Warmup, (ONE, 5, "linear", 0), "first must be a string, but got 0"),
    (Warmup, (ONE, 5, 1), "shape must be a string, but got 1"),
    (Warmup, (ONE, 5, "linear", "0", "0"), "start_lr must be a number, but got '0'"),
    (Cooldown, (ONE, 1.5, 1), "begin must be an integer, but got 1.5"),
    (Clip, (ONE, None), "min_lr must be a number, but got None"),
    (Clip, (ONE, 0, True), "max_lr must be a number, but got True"),
    (Delay, (ONE, 1.0), "steps must be an integer, but got 1.0"),
    (Offset, (ONE, True), "offset must be an integer, but got True"),
    (Repeat, (ONE, 1, 1.0), "count must be an integer, but got 1.0"),
    (Until, (ONE, 1, None), "end must be a string, but got None"),
    (ONE.then, (0.1, 5), "after must be a learning-rate schedule, but got 0.1"),
    (ONE.then, (ONE, 5.0), "at must be an integer, but got 5.0"),
]


@pytest.mark.parametrize(("make", "arguments", "sentence"), BAD_TYPES)
def test_wrong_type_is_refused(make: Any, arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        make(*arguments)


def test_momentum_cannot_be_multiplied() -> None:
    for multiply in (lambda: MOMENTUM * 0.5, lambda: MOMENTUM * ONE, lambda: ONE * MOMENTUM):
        with pytest.raises(TypeError, match="must be a learning-rate schedule"):
            multiply()


def test_integers_and_numpy_scalars_are_numbers() -> None:
    assert Warmup(ONE, np.int64(5), start_lr=np.float32(0.5)) == Warmup(ONE, 5, start_lr=0.5)
    assert Sequence((ONE, ONE), np.array([5])) == Sequence([ONE, ONE], [5])
    assert Clip(ONE, 0, 1) == Clip(ONE, 0.0, np.float64(1))


@pytest.mark.parametrize(
    "nest", [lambda inner: ONE.then(inner, at=1), lambda inner: inner * ONE, lambda s: Delay(s, 0)]
)
def test_schedules_may_be_nested_100_deep(nest: Any) -> None:
    schedule: Schedule = ONE
    for _ in range(100):
        schedule = nest(schedule)
    assert schedule(500) == 1.0
    assert Schedule.from_dict(schedule.to_dict()) == schedule
    with pytest.raises(ValueError, match=r"^schedule must be nested at most 100 deep, but got 101$"):
        nest(schedule)


def test_from_dict_checks_the_schedules_in_a_list() -> None:
    content = Product([ONE]).to_dict()
    with pytest.raises(ValueError, match=r"^lr must be a finite number greater than 0, but got 0\.0$"):
        Schedule.from_dict(content | {"schedules": [ONE.to_dict() | {"lr": 0.0}]})


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        (
            "sequence([linear(0, 0.1, '1ep'), cosine(0.1, 100)], milestones=['1ep'])",
            Sequence([Linear(0.0, 0.1, 40), Cosine(0.1, 100)], [40]),
        ),
        ("product((constant(1), cosine(0.1, 100)))", Product([ONE, Cosine(0.1, 100)])),
        ("warmup(cosine(0.1, '0.9dur'), '0.1dur', first='1/W')", Warmup(Cosine(0.1, 360), 40, first="1/W")),
        ("cooldown(constant(1), '0.8dur', '0.2dur', shape='1-sqrt')", Cooldown(ONE, 320, 80, shape="1-sqrt")),
        ("clip(constant(1), max_lr=0.5)", Clip(ONE, 0.0, 0.5)),
        ("delay(offset(constant(1), 3), '1ep')", Delay(Offset(ONE, 3), 40)),
        (
            "repeat(until(cosine(1, 9), 5, 'mirror'), '1ep', peak_decay=.5)",
            Repeat(Until(Cosine(1, 9), 5, "mirror"), 40, None, 0.5),
        ),
    ],
)
def test_they_are_written_as_calls_in_calls(text: str, schedule: Schedule) -> None:
    assert parse_schedule(text, steps_per_epoch=40, total_steps=400) == schedule


def test_a_text_with_a_sequence_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^len\(milestones\) must be len\(schedules\) - 1 = 1, but got 0$"):
        parse_schedule("sequence([constant(1), constant(2)], [])")
