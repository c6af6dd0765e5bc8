"""The schedules whose values are written in vectors: the bits of single calls, and 50 digits as late as step 2^53."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from lrcore import Cosine, Cyclic, CyclicMomentum, OneCycle, OneCycleMomentum, Schedule

# Around one, two and more vectors of two, four and eight; each from a place of its own.
SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 257]

SCHEDULES = [
    Cyclic(1e-3, 0.1, 50, 31),
    Cyclic(1e-3, 0.1, 1, 1),
    Cyclic(1e-3, 0.1, 3, 2, "triangular2"),
    Cyclic(1e-3, 0.1, 50, 31, "triangular2"),
    Cyclic(1e-3, 0.1, 50, 31, "exp_range", 0.99),
    Cyclic(1e-3, 0.1, 50, 31, scale=[1.0, 0.3]),
    Cyclic(1e-3, 0.1, 2**62, 2**62),
    CyclicMomentum(0.8, 0.95, 50, 31),
    Cosine(0.1, 300),
    Cosine(0.1, 300, 1e-3, end="mirror"),
    Cosine(0.1, 300, 1e-3, end="repeat"),
    Cosine(0.1, 300, exponent=1.5, k=0.5, end="mirror"),
    Cosine(0.1, 2**62),
    OneCycle(0.1, 301, 0.3),
    OneCycle(0.1, 301, 0.3, "linear"),
    OneCycle(0.1, 301, 0.3, three_phase=True),
    OneCycle(0.1, 301, 0.7, "linear", three_phase=True),
    OneCycle(0.1, 301, 1),
    OneCycle(0.1, 2**62),
    OneCycleMomentum(0.85, 0.95, 301, 0.3),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_a_call_has_the_bits_of_the_values(schedule: Schedule) -> None:
    for begin in (0, 5, 44, 85, 145, 290, 2**53 - 100, 2**62 - 100):
        for size in SIZES:
            values = schedule.values(begin, begin + size).tolist()
            assert values == [schedule(step) for step in range(begin, begin + size)]


LATE = range(2**53 - 120, 2**53 + 1)


def test_cyclic_is_accurate_up_to_2_to_the_53(within_ulps: Callable[..., None]) -> None:
    for up, down in [(13, 29), (2**52, 2**52 - 3), (2**53, 1)]:

        def exact(step: int, up: int = up, down: int = down) -> Any:
            position = step % (up + down)
            side = Fraction(position, up) if position <= up else Fraction(up + down - position, down)
            return mpmath.mpf(1e-3) + (mpmath.mpf(0.1) - mpmath.mpf(1e-3)) * side.numerator / side.denominator

        within_ulps(Cyclic(1e-3, 0.1, up, down), LATE, exact)


def test_cosine_is_accurate_just_below_2_to_the_53(within_ulps: Callable[..., None]) -> None:
    for min_lr in (0.0, 1e-30, 1e-3):

        def exact(step: int, min_lr: float = min_lr) -> Any:
            wave = mpmath.sin(mpmath.pi / 2 * (2**53 - step) / 2**53) ** 2
            return mpmath.mpf(min_lr) + (mpmath.mpf(0.1) - mpmath.mpf(min_lr)) * wave

        for steps in (LATE, range(100), range(2**52 - 50, 2**52 + 50), range(2**51, 2**51 + 50)):
            within_ulps(Cosine(0.1, 2**53, min_lr), steps, exact)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle_is_accurate_at_phase_starts_up_to_2_to_the_53(
    strategy: str, three_phase: bool, within_ulps: Callable[..., None]
) -> None:
    total_steps, pct_start = 2**53, 0.3
    # The float64 of the joints decides which phase a step is in, their own place how far it is in it.
    with mpmath.workdps(50):
        joint = mpmath.mpf(pct_start) * total_steps - 1
        first, last = mpmath.mpf(0.1) / 25, mpmath.mpf(0.1) / 25 / 10**4
        phase_starts = [mpmath.mpf(0), joint, *([2 * joint] if three_phase else []), mpmath.mpf(2**53 - 1)]
        lrs = [first, mpmath.mpf(0.1), *([first] if three_phase else []), last]

    def exact(step: int) -> Any:
        part = next(i for i, end in enumerate(phase_starts[1:]) if step <= end)
        done = (step - phase_starts[part]) / (phase_starts[part + 1] - phase_starts[part])
        weight = mpmath.sin(mpmath.pi / 2 * done) ** 2 if strategy == "cos" else done
        return lrs[part] + (lrs[part + 1] - lrs[part]) * weight

    schedule = OneCycle(0.1, total_steps, pct_start, strategy, three_phase=three_phase)
    for at in (int(phase_starts[1]), int(phase_starts[1]) // 2, int(phase_starts[-2]), 2**53 - 61):
        within_ulps(schedule, range(at - 60, at + 60), exact)
