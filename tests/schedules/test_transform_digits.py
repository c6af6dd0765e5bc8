"""The ramps of warm-up and cool-down against 50 digits, up to step 2^53."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import Constant, Cooldown, Warmup

FAR = 2**53
FALLS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: 1 - x,
    "cosine": lambda x: mpmath.cos(mpmath.pi / 2 * x) ** 2,
    "1-sqrt": lambda x: 1 - mpmath.sqrt(x),
}


def steps_of(size: int) -> list[int]:
    """Some 400 steps of `size`, the first and the last ones among them."""
    return sorted({*range(1, 50), *range(size - 50, size), *(size * i // 300 for i in range(1, 300))})


def ulps(value: float, expected: Any) -> float:
    return float(abs(mpmath.mpf(value) - expected) / mpmath.mpf(float(np.spacing(float(expected)))))


@pytest.mark.parametrize("size", [431, 10**6, FAR])
@pytest.mark.parametrize("end_lr", [0.0, 1e-4])
@pytest.mark.parametrize("shape", FALLS)
def test_cooldown_is_within_4_ulp(shape: str, end_lr: float, size: int) -> None:
    schedule = Cooldown(Constant(0.1), 3, size, end_lr, shape)
    with mpmath.workdps(50):
        for step in steps_of(size):
            exact = end_lr + (mpmath.mpf(0.1) - mpmath.mpf(end_lr)) * FALLS[shape](mpmath.mpf(step) / size)
            assert ulps(schedule(step + 3), exact) <= 4


@pytest.mark.parametrize("size", [431, 10**6, FAR - 1])
@pytest.mark.parametrize("start_lr", [0.0, 1e-4])
@pytest.mark.parametrize("first", ["0", "1/W", "1/(W+1)"])
@pytest.mark.parametrize("shape", FALLS)
def test_warmup_is_within_4_ulp(shape: str, first: str, start_lr: float, size: int) -> None:
    schedule = Warmup(Constant(0.1), size, shape, first, start_lr)
    added, more = {"0": (0, 0), "1/W": (1, 0), "1/(W+1)": (1, 1)}[first]
    with mpmath.workdps(50):
        for step in steps_of(size):
            x = mpmath.mpf(step + added) / (size + more)
            exact = start_lr + (mpmath.mpf(0.1) - mpmath.mpf(start_lr)) * FALLS[shape](1 - x)
            assert ulps(schedule(step), exact) <= 4
