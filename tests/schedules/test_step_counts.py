"""Position of the last value: at step T - 1, so that T steps end with it, or at step T."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lrcore import Cosine, Exponential, Linear, OneCycle, Polynomial, Schedule, Tanh, WarmupStableDecay, parse_schedule

# By the class's own way of counting.
AT_T_MINUS_1: list[Callable[..., Schedule]] = [
    lambda steps, **last: Linear(0.1, 1e-3, steps, **last),
    lambda steps, **last: Exponential(0.1, 1e-3, steps, **last),
    lambda steps, **last: OneCycle(0.1, steps, div_factor=4, final_div_factor=25, **last),
]
AT_T: list[Callable[..., Schedule]] = [
    lambda steps, **last: Cosine(0.1, steps, 1e-3, **last),
    lambda steps, **last: Polynomial(0.1, steps, 1e-3, **last),
    lambda steps, **last: Tanh(0.1, steps, min_lr=1e-3, **last),
    lambda steps, **last: WarmupStableDecay(0.1, 0, 0, steps, 1e-3, **last),
]


@pytest.mark.parametrize("steps", [3, 10, 100, 401])
@pytest.mark.parametrize("make", AT_T_MINUS_1 + AT_T)
def test_the_last_value_first_occurs_at_the_requested_step(make: Callable[..., Schedule], steps: int) -> None:
    for last, step in (("T-1", steps - 1), ("T", steps)):
        schedule = make(steps, last=last)
        assert schedule(step) == pytest.approx(1e-3, rel=1e-15)
        assert schedule(step - 1) > 1.0001e-3
        assert schedule(step + 1) == schedule(2**62) == schedule(step)


@pytest.mark.parametrize(("makes", "own"), [(AT_T_MINUS_1, "T-1"), (AT_T, "T")])
def test_none_is_the_classs_own(makes: list[Callable[..., Schedule]], own: str) -> None:
    for make in makes:
        assert make(30) == make(30, last=None) == make(30, last=own)


def test_it_is_kept_in_the_number_of_steps() -> None:
    assert Linear(0.0, 0.1, 9, last="T") == Linear(0.0, 0.1, 10)
    assert Exponential(1e-3, 0.1, 9, last="T") == Exponential(1e-3, 0.1, 10)
    assert Cosine(0.1, 10, last="T-1") == Cosine(0.1, 9)
    assert Polynomial(0.1, 10, last="T-1") == Polynomial(0.1, 9)
    assert Tanh(0.1, 10, last="T-1") == Tanh(0.1, 9)
    assert WarmupStableDecay(0.1, 3, 4, 10, last="T-1") == WarmupStableDecay(0.1, 3, 4, 9)
    assert parse_schedule("cosine(0.1, '2ep', last='T-1')", steps_per_epoch=5) == Cosine(0.1, 9)
    assert "last" not in Cosine(0.1, 10, last="T-1").to_dict()


def in_lines(phase_starts: list[float], lrs: list[float]) -> Any:
    return np.interp(np.arange(450), phase_starts, lrs)


@pytest.mark.parametrize("pct_start", [0.0, 0.1, 0.3, 0.457, 1.0])
def test_one_cycle_to_step_t_has_its_top_at_pct_start_times_t(pct_start: float) -> None:
    top = pct_start * 400
    ours = OneCycle(0.1, 400, pct_start, "linear", 4, 25, last="T").values(0, 450)
    phase_starts = [0, top, 400] if 0 < top < 400 else [0, 400]
    lrs = [0.025, 0.1, 0.001] if 0 < top < 400 else [[0.1, 0.001], [0.025, 0.1]][pct_start == 1]
    np.testing.assert_allclose(ours, in_lines(phase_starts, lrs), rtol=1e-12)


def test_one_cycle_in_three_phases_to_step_t() -> None:
    ours = OneCycle(0.1, 400, 0.2, "linear", 4, 25, three_phase=True, last="T").values(0, 450)
    np.testing.assert_allclose(ours, in_lines([0, 80, 160, 400], [0.025, 0.1, 0.025, 0.001]), rtol=1e-12)


@pytest.mark.parametrize("make", AT_T_MINUS_1 + AT_T)
def test_anything_else_is_refused(make: Callable[..., Schedule]) -> None:
    for last in ("t", "T - 1", "", 5):
        with pytest.raises(ValueError, match=rf"^last must be 'T-1' or 'T', but got {last!r}$"):
            make(30, last=last)
    with pytest.raises(TypeError, match=r"steps must be an integer, but got 2\.5$"):
        make(2.5, last="T")


def test_too_few_steps_are_named_as_they_were_given() -> None:
    with pytest.raises(ValueError, match=r"^decay_steps must be at least 2 with last='T-1', but got 1$"):
        Cosine(0.1, 1, last="T-1")
    with pytest.raises(ValueError, match=r"^total_steps must be at least 1 with last='T', but got 0$"):
        Linear(0.1, 0.2, 0, last="T")
    with pytest.raises(ValueError, match=r"^total_steps must fit in 64 bits$"):
        Linear(0.1, 0.2, 2**63 - 1, last="T")
