"""Comparison with 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import pytest

from lrcore import Schedule

Exact = Callable[[int], Any]
Values = npt.NDArray[np.float64]


@pytest.fixture
def within_ulps() -> Callable[..., None]:
    """Compares a schedule with 50 digits, in units of the last place of the exact value."""

    def compare(schedule: Schedule, steps: range, exact: Exact, ulps: float = 4) -> None:
        with mpmath.workdps(50):
            for step, value in zip(steps, schedule.values(steps.start, steps.stop).tolist(), strict=True):
                expected = exact(step)
                error = abs(mpmath.mpf(value) - expected) / mpmath.mpf(float(np.spacing(float(expected))))
                assert error <= ulps, f"step {step}: {value} is {error} ulp from {expected}"

    return compare
