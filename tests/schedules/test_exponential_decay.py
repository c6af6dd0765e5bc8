"""Exponential decay against its closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from lrcore import ExponentialDecay


def closed_form(base_lr: float, decay_rate: float, decay_steps: int, staircase: bool) -> Callable[[int], Any]:
    def exact(step: int) -> Any:
        exponent = mpmath.mpf(step // decay_steps) if staircase else mpmath.mpf(step) / decay_steps
        return mpmath.mpf(base_lr) * mpmath.mpf(decay_rate) ** exponent

    return exact


@pytest.mark.parametrize("staircase", [False, True])
@pytest.mark.parametrize(
    ("base_lr", "decay_rate", "decay_steps"), [(0.1, 0.96, 7), (0.3, 1e-9, 391), (1e-6, 1e9, 391), (2.0, 0.5, 1)]
)
def test_exponential_decay_agrees_with_50_digits(
    within_ulps: Callable[..., None], base_lr: float, decay_rate: float, decay_steps: int, staircase: bool
) -> None:
    arguments = (base_lr, decay_rate, decay_steps, staircase)
    within_ulps(ExponentialDecay(*arguments), range(0, 1000), closed_form(*arguments))


@pytest.mark.parametrize("staircase", [False, True])
@pytest.mark.parametrize(("decay_rate", "decay_steps"), [(1 - 2.0**-45, 1), (1e-3, 2**53 // 7), (1 + 2.0**-40, 29)])
def test_exponential_decay_is_accurate_up_to_2_to_the_53(
    within_ulps: Callable[..., None], decay_rate: float, decay_steps: int, staircase: bool
) -> None:
    arguments = (0.1, decay_rate, decay_steps, staircase)
    for start in (1, 2**30, 2**53 // 7 - 200, 2**53 - 400):
        expected = closed_form(*arguments)
        if expected(start + 400) < 1e300:
            within_ulps(ExponentialDecay(*arguments), range(start, start + 400), expected)


def test_exponential_decay_is_accurate_where_a_plain_power_is_not(within_ulps: Callable[..., None]) -> None:
    arguments = (1e300, 0.1, 3, False)
    within_ulps(ExponentialDecay(*arguments), range(900, 1820), closed_form(*arguments))


def test_exponential_decay_stops_at_end_lr() -> None:
    falling = ExponentialDecay(0.1, 0.5, 3, end_lr=0.02)
    free = ExponentialDecay(0.1, 0.5, 3)
    assert falling.values(0, 7).tolist() == free.values(0, 7).tolist()
    assert falling.values(7, 20).tolist() == [0.02] * 13
    assert falling(2**63 - 1) == 0.02
    assert ExponentialDecay(0.1, 2.0, end_lr=0.5).values(0, 5).tolist() == [0.1, 0.2, 0.4, 0.5, 0.5]
