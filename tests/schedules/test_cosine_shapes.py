"""Cosine with an exponent, with k-decay and with a floor given as a part of its peak."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from lrcore import Cosine, Schedule, parse_schedule


def cosine(schedule: Cosine, step: int) -> Any:
    done = (mpmath.mpf(step) / schedule.decay_steps) ** mpmath.mpf(schedule.k)
    wave = mpmath.sin(mpmath.pi / 2 * (1 - done)) ** (2 * mpmath.mpf(schedule.exponent))
    return mpmath.mpf(schedule.min_lr) + (mpmath.mpf(schedule.base_lr) - mpmath.mpf(schedule.min_lr)) * wave


@pytest.mark.parametrize("decay_steps", [431, 10**6, 2**53])
@pytest.mark.parametrize(("exponent", "k"), [(1.0, 1.0), (0.5, 1.0), (1.5, 1.0), (1.0, 0.5), (1.0, 2.0), (0.5, 3.0)])
def test_agrees_with_50_digits(exponent: float, k: float, decay_steps: int, within_ulps: Callable[..., None]) -> None:
    schedule = Cosine(0.1, decay_steps, exponent=exponent, k=k)
    quarter = decay_steps // 4
    for steps in (range(200), range(quarter, quarter + 50), range(decay_steps - 400, decay_steps)):
        within_ulps(schedule, steps, lambda step: cosine(schedule, step), ulps=4)


@pytest.mark.parametrize("decay_steps", [431, 10**6, 2**53])
@pytest.mark.parametrize("exponent", [2.0, 3.0, 5.0, 10.0, 89.0, 100.0])
def test_a_greater_exponent_does_not_magnify_rounding(
    exponent: float, decay_steps: int, within_ulps: Callable[..., None]
) -> None:
    schedule = Cosine(0.1, decay_steps, exponent=exponent)
    for part in (8, 4, 2):
        start = decay_steps // part
        within_ulps(schedule, range(start, start + 50), lambda step: cosine(schedule, step))


@pytest.mark.parametrize(
    ("decay_steps", "exponent", "k", "step"), [(1000, 5.0, 1.0, 660), (431, 1.0, 0.3, 321), (10**6, 2.0, 1.0, 760280)]
)
def test_single_steps_that_lost_digits(
    decay_steps: int, exponent: float, k: float, step: int, within_ulps: Callable[..., None]
) -> None:
    schedule = Cosine(0.1, decay_steps, exponent=exponent, k=k)
    within_ulps(schedule, range(step, step + 1), lambda step: cosine(schedule, step))


def test_a_strong_decay_early_in_a_long_run_keeps_its_digits(within_ulps: Callable[..., None]) -> None:
    schedule = Cosine(0.1, 2**53, k=0.01)
    within_ulps(schedule, range(300), lambda step: cosine(schedule, step))


def test_every_shape_starts_at_base_lr_and_holds_min_lr() -> None:
    for exponent, k in [(2.0, 1.0), (1.0, 0.25), (0.5, 3.0)]:
        schedule = Cosine(0.1, 7, 1e-3, exponent, k)
        assert schedule(0) == 0.1
        assert schedule.values(7, 10).tolist() == [1e-3] * 3
        assert schedule(2**63 - 1) == 1e-3


def test_alpha_is_the_floor_as_a_part_of_base_lr() -> None:
    assert Cosine(0.5, 10, alpha=0.25) == Cosine(0.5, 10, 0.125)
    assert Cosine(0.5, 10, alpha=0) == Cosine(0.5, 10)
    assert Cosine(0.5, 10, alpha=1).values(0, 12).tolist() == [0.5] * 12
    assert parse_schedule("cosine(0.5, 10, alpha=0.25)") == Cosine(0.5, 10, 0.125)


def test_a_schedule_with_alpha_is_written_and_read_with_min_lr() -> None:
    schedule = Cosine(0.5, 10, alpha=0.25)
    assert repr(schedule) == "Cosine(base_lr=0.5, decay_steps=10, min_lr=0.125, exponent=1.0, k=1.0, end='hold')"
    assert Schedule.from_dict(json.loads(json.dumps(schedule.to_dict()))) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"alpha": 1.5}, ValueError, r"alpha must be in \[0, 1\], but got 1\.5"),
        ({"alpha": -0.5}, ValueError, r"alpha must be in \[0, 1\], but got -0\.5"),
        ({"alpha": "1"}, TypeError, "alpha must be a number, but got '1'"),
        (
            {"alpha": 0.5, "min_lr": 0.01},
            ValueError,
            r"alpha must be None where min_lr is given, but got 0\.5 and min_lr=0\.01",
        ),
    ],
)
def test_bad_alpha_is_refused(arguments: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"^{sentence}$"):
        Cosine(0.1, 10, **arguments)
