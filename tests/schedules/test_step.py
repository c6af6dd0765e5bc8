"""Step and multi-step decay against their closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import MultiStep, Step


@pytest.mark.parametrize(
    ("base_lr", "step_size", "gamma"), [(0.1, 7, 0.1), (0.3, 1, 0.97), (1e-3, 3, 1.07), (2.0, 400, 0.5)]
)
def test_step_agrees_with_50_digits(
    within_ulps: Callable[..., None], base_lr: float, step_size: int, gamma: float
) -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(base_lr) * mpmath.mpf(gamma) ** (step // step_size)

    within_ulps(Step(base_lr, step_size, gamma), range(0, 500), exact)


def test_step_agrees_with_50_digits_up_to_2_to_the_53(within_ulps: Callable[..., None]) -> None:
    gamma, step_size = 1 - 2.0**-40, 3

    def exact(step: int) -> Any:
        return mpmath.mpf(0.1) * mpmath.mpf(gamma) ** (step // step_size)

    within_ulps(Step(0.1, step_size, gamma), range(2**45, 2**45 + 400), exact)
    within_ulps(
        Step(0.1, 2**50, 0.3), range(2**53 - 200, 2**53 + 200), lambda t: mpmath.mpf(0.1) * mpmath.mpf(0.3) ** (t >> 50)
    )


def test_step_keeps_its_digits_where_the_power_alone_would_not(within_ulps: Callable[..., None]) -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(1e300) * mpmath.mpf(0.1) ** step

    within_ulps(Step(1e300, 1, 0.1), range(0, 600), exact)


def test_step_holds_each_lr_for_step_size_steps() -> None:
    assert Step(1, 3, 0.5).values(0, 8).tolist() == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert Step(1.0, 2**62, 0.5)(2**63 - 1) == 0.5
    assert Step(1.0, 1, 2.0)(2**63 - 1) == np.finfo(np.float64).max


def test_multi_step_agrees_with_50_digits(within_ulps: Callable[..., None]) -> None:
    milestones = [0, 3, 3, 100, 101, 399]

    def exact(step: int) -> Any:
        return mpmath.mpf(0.7) * mpmath.mpf(0.3) ** sum(milestone <= step for milestone in milestones)

    within_ulps(MultiStep(0.7, milestones, 0.3), range(0, 500), exact)


def test_multi_step_changes_at_its_milestones_and_holds_the_last() -> None:
    schedule = MultiStep(1, [2, 2**53], 0.25)
    assert schedule.values(0, 4).tolist() == [1.0, 1.0, 0.25, 0.25]
    assert schedule.values(2**53 - 2, 2**53 + 2).tolist() == [0.25, 0.25, 0.0625, 0.0625]
    assert schedule(2**63 - 1) == 0.0625


def test_multi_step_takes_milestones_of_numpy() -> None:
    assert MultiStep(np.float32(1), np.array([2, 5]), np.float64(0.5)) == MultiStep(1.0, (2, 5), 0.5)
