"""How the schedules here are compared with 50 digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import Schedule


def _within_ulps(schedule: Schedule, exact: Callable[[int], Any], steps: Iterable[int], ulps: float = 4) -> None:
    with mpmath.workdps(50):
        for step in steps:
            value, expected = schedule(step), exact(step)
            error = abs(mpmath.mpf(value) - expected) / mpmath.mpf(float(np.spacing(float(expected))))
            assert error <= ulps, f"step {step}: {value} is {error} ulp from {expected}"


@pytest.fixture
def within_ulps() -> Callable[..., None]:
    """Compare values with those of a function in 50 digits, in units of the last place of the exact value."""
    return _within_ulps
