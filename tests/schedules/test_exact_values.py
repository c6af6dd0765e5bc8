"""The values of the first families, against 50 digits and by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import (
    Constant,
    Cosine,
    Cyclic,
    CyclicMomentum,
    Exponential,
    InverseTime,
    Linear,
    OneCycle,
    OneCycleMomentum,
    PiecewiseConstant,
    Scaled,
    Schedule,
)
from tests.support.schedule_examples import EXAMPLES


def within_ulps(values: np.ndarray, exact: Callable[[int], Any], ulps: float, start: int = 0) -> None:
    """Compare with 50 digits, in units of the last place of the exact value."""
    with mpmath.workdps(50):
        for step, value in enumerate(values.tolist(), start):
            expected = exact(step)
            error = abs(mpmath.mpf(value) - expected) / mpmath.mpf(float(np.spacing(float(expected))))
            assert error <= ulps, f"step {step}: {value} is {error} ulp from {expected}"


def test_constant_never_changes() -> None:
    assert Constant(0.1).values(0, 4).tolist() == [0.1] * 4
    assert Constant(0.1)(2**63 - 1) == 0.1


def test_piecewise_constant_changes_at_each_boundary() -> None:
    schedule = PiecewiseConstant([2, 5], [0.1, 0.01, 0.5])
    assert schedule.values(0, 8).tolist() == [0.1, 0.1, 0.01, 0.01, 0.01, 0.5, 0.5, 0.5]
    assert schedule(2**63 - 1) == 0.5


def test_piecewise_constant_without_boundaries_is_constant() -> None:
    assert PiecewiseConstant([], [0.1]).values(0, 3).tolist() == [0.1] * 3


def test_inverse_time_agrees_with_50_digits() -> None:
    base_lr, decay_rate, decay_steps = 0.01, 0.1, 7

    def exact(step: int) -> Any:
        return mpmath.mpf(base_lr) / (1 + mpmath.mpf(decay_rate) * step / decay_steps)

    within_ulps(InverseTime(base_lr, decay_rate, decay_steps).values(0, 500), exact, ulps=4)


def test_inverse_time_staircase_changes_once_per_decay_steps() -> None:
    schedule = InverseTime(0.01, 0.1, decay_steps=3, staircase=True)
    expected = [0.01 / (1 + 0.1 * (step // 3)) for step in range(500)]
    assert schedule.values(0, 500).tolist() == expected


def test_inverse_time_is_the_epoch_schedule_of_the_guide() -> None:
    steps_per_epoch = 4
    schedule = InverseTime(1e-2, 0.1, decay_steps=steps_per_epoch, staircase=True)
    by_epoch = [round(schedule(epoch * steps_per_epoch), 10) for epoch in range(100)]
    assert by_epoch == [round(1e-2 / (1 + 0.1 * epoch), 10) for epoch in range(100)]


@pytest.mark.parametrize(
    ("start_lr", "end_lr", "total_steps"), [(1e-5, 10.0, 400), (0.1, 1e-7, 1001), (2.0, 2.5, 450), (0.1, 0.0, 431)]
)
def test_linear_agrees_with_50_digits(start_lr: float, end_lr: float, total_steps: int) -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(start_lr) + (mpmath.mpf(end_lr) - mpmath.mpf(start_lr)) * step / (total_steps - 1)

    within_ulps(Linear(start_lr, end_lr, total_steps).values(0, total_steps), exact, ulps=2)


def test_linear_keeps_its_digits_in_the_last_steps_of_a_billion() -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(10) + (mpmath.mpf(1e-12) - 10) * step / (10**9 - 1)

    within_ulps(Linear(10.0, 1e-12, 10**9).values(10**9 - 400, 10**9), exact, ulps=2, start=10**9 - 400)


def test_linear_is_exact_at_both_ends_and_holds_the_last() -> None:
    for start_lr, end_lr, total_steps in [(1e-5, 10.0, 100), (0.3, 0.1, 7), (0.0, 3.0, 2), (0.1, 0.1, 3)]:
        schedule = Linear(start_lr, end_lr, total_steps)
        assert schedule(0) == start_lr
        assert schedule.values(total_steps - 1, total_steps + 3).tolist() == [end_lr] * 4
        assert schedule(2**63 - 1) == end_lr


@pytest.mark.parametrize(("start_lr", "end_lr", "total_steps"), [(1e-5, 10.0, 400), (0.1, 1e-7, 1001), (2.0, 2.5, 450)])
def test_exponential_agrees_with_50_digits(start_lr: float, end_lr: float, total_steps: int) -> None:
    def exact(step: int) -> Any:
        ratio = mpmath.mpf(end_lr) / mpmath.mpf(start_lr)
        return mpmath.mpf(start_lr) * ratio ** (mpmath.mpf(step) / (total_steps - 1))

    within_ulps(Exponential(start_lr, end_lr, total_steps).values(0, total_steps), exact, ulps=4)


def test_exponential_is_exact_at_both_ends_and_holds_the_last() -> None:
    for start_lr, end_lr, total_steps in [(1e-5, 10.0, 100), (0.3, 0.1, 7), (1e-7, 3.0, 2), (0.1, 0.1, 3)]:
        schedule = Exponential(start_lr, end_lr, total_steps)
        assert schedule(0) == start_lr
        assert schedule.values(total_steps - 1, total_steps + 3).tolist() == [end_lr] * 4
        assert schedule(2**63 - 1) == end_lr


@pytest.mark.parametrize(("base_lr", "decay_steps", "min_lr"), [(0.1, 500, 0.0), (0.1, 431, 1e-4), (3.0, 450, 2.999)])
def test_cosine_agrees_with_50_digits(base_lr: float, decay_steps: int, min_lr: float) -> None:
    def exact(step: int) -> Any:
        half = (1 + mpmath.cos(mpmath.pi * step / decay_steps)) / 2
        return mpmath.mpf(min_lr) + (mpmath.mpf(base_lr) - mpmath.mpf(min_lr)) * half

    within_ulps(Cosine(base_lr, decay_steps, min_lr).values(0, decay_steps), exact, ulps=4)


def test_cosine_keeps_its_digits_in_the_last_steps_of_a_million() -> None:
    def exact(step: int) -> Any:
        return mpmath.mpf(0.1) * (1 + mpmath.cos(mpmath.pi * step / 10**6)) / 2

    within_ulps(Cosine(0.1, 10**6).values(10**6 - 400, 10**6), exact, ulps=4, start=10**6 - 400)


def test_cosine_starts_at_base_lr_and_holds_min_lr() -> None:
    schedule = Cosine(0.1, 7, 1e-3)
    assert schedule(0) == 0.1
    assert schedule.values(7, 17).tolist() == [1e-3] * 10
    assert schedule(2**63 - 1) == 1e-3
    assert Cosine(0.1, 7).values(7, 9).tolist() == [0.0, 0.0]


def triangle(step: int, up: int, down: int) -> Fraction:
    position = step % (up + down)
    return Fraction(position, up) if position <= up else Fraction(up + down - position, down)


def height(step: int, up: int, down: int, mode: str, gamma: float) -> Any:
    return {
        "triangular": mpmath.mpf(1),
        "triangular2": mpmath.mpf(2) ** -(step // (up + down)),
        "exp_range": mpmath.mpf(gamma) ** step,
    }[mode]


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
@pytest.mark.parametrize(("up", "down"), [(50, 50), (13, 29), (1, 7), (1, 1)])
def test_cyclic_agrees_with_50_digits(mode: str, up: int, down: int) -> None:
    base_lr, max_lr, gamma = 1e-3, 0.1, 0.999

    def exact(step: int) -> Any:
        w = triangle(step, up, down)
        scale = height(step, up, down, mode, gamma)
        return mpmath.mpf(base_lr) + (mpmath.mpf(max_lr) - mpmath.mpf(base_lr)) * w.numerator * scale / w.denominator

    within_ulps(Cyclic(base_lr, max_lr, up, down, mode, gamma).values(0, 500), exact, ulps=4)


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
def test_cyclic_momentum_agrees_with_50_digits(mode: str) -> None:
    base, top, up, down, gamma = 0.8, 0.95, 13, 29, 0.999

    def exact(step: int) -> Any:
        w = triangle(step, up, down)
        scale = height(step, up, down, mode, gamma)
        return mpmath.mpf(top) - (mpmath.mpf(top) - mpmath.mpf(base)) * w.numerator * scale / w.denominator

    within_ulps(CyclicMomentum(base, top, up, down, mode, gamma).values(0, 500), exact, ulps=4)


def test_cyclic_is_exact_at_feet_and_tips() -> None:
    schedule = Cyclic(1e-3, 1e-2, 3, 2)
    assert schedule.values(0, 16)[::5].tolist() == [1e-3] * 4
    assert schedule.values(0, 16)[3::5].tolist() == [1e-2] * 3


def test_cyclic_knows_its_cycle_at_the_last_step_of_int64() -> None:
    last = 2**63 - 1
    w = triangle(last, 1000, 2000)
    expected = 1e-3 + (1e-2 - 1e-3) * float(w)
    assert Cyclic(1e-3, 1e-2, 1000, 2000)(last) == pytest.approx(expected, rel=1e-15)


def test_triangular2_reaches_base_lr_when_its_height_underflows() -> None:
    assert Cyclic(1e-3, 1e-2, 1, 1, "triangular2")(2 * 5000 + 1) == 1e-3


def test_cyclic_momentum_is_highest_where_the_lr_is_lowest() -> None:
    lrs = Cyclic(0.1, 0.2, 4, 6).values(0, 400)
    momenta = CyclicMomentum(0.85, 0.95, 4, 6).values(0, 400)
    np.testing.assert_allclose((lrs - 0.1) / 0.1, (0.95 - momenta) / 0.1, atol=1e-12)


def one_cycle(step: int, max_lr: float, total_steps: int, pct_start: float, cos: bool, three_phase: bool) -> Any:
    top, first = mpmath.mpf(max_lr), mpmath.mpf(max_lr) / 25
    last, e = first / 10**4, mpmath.mpf(pct_start) * total_steps - 1
    phases = [(0, e, first, top), (e, 2 * e, top, first), (2 * e, total_steps - 1, first, last)]
    if not three_phase:
        phases = [(0, e, first, top), (e, total_steps - 1, top, last)]
    begin, end, start_lr, end_lr = next(phase for phase in phases if step <= phase[1])
    q = (step - begin) / (end - begin)
    return start_lr + (end_lr - start_lr) * ((1 - mpmath.cos(mpmath.pi * q)) / 2 if cos else q)


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize(("total_steps", "pct_start"), [(100, 0.3), (450, 0.25), (1001, 0.41)])
def test_one_cycle_agrees_with_50_digits(total_steps: int, pct_start: float, strategy: str, three_phase: bool) -> None:
    def exact(step: int) -> Any:
        return one_cycle(step, 0.1, total_steps, pct_start, strategy == "cos", three_phase)

    schedule = OneCycle(0.1, total_steps, pct_start, strategy, three_phase=three_phase)
    within_ulps(schedule.values(0, total_steps), exact, ulps=4)


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize(("total_steps", "pct_start"), [(100, 0.3), (450, 0.25), (1001, 0.41)])
def test_one_cycle_momentum_agrees_with_50_digits(
    total_steps: int, pct_start: float, strategy: str, three_phase: bool
) -> None:
    def exact(step: int) -> Any:
        e = mpmath.mpf(pct_start) * total_steps - 1
        phase_starts = [0, e, 2 * e, total_steps - 1] if three_phase else [0, e, total_steps - 1]
        phase = next(index for index, end in enumerate(phase_starts[1:]) if step <= end)
        q = (step - phase_starts[phase]) / (phase_starts[phase + 1] - phase_starts[phase])
        w = (1 - mpmath.cos(mpmath.pi * q)) / 2 if strategy == "cos" else q
        fall = mpmath.mpf(0.95) - mpmath.mpf(0.85)
        return mpmath.mpf(0.95) - fall * [w, 1 - w, 0][phase]

    within_ulps(
        OneCycleMomentum(0.85, 0.95, total_steps, pct_start, strategy, three_phase).values(0, total_steps), exact, 4
    )


def test_one_cycle_is_accurate_at_the_end_of_a_million_steps() -> None:
    def exact(step: int) -> Any:
        return one_cycle(step, 0.1, 10**6, 0.25, cos=True, three_phase=False)

    within_ulps(OneCycle(0.1, 10**6, 0.25).values(10**6 - 400, 10**6), exact, ulps=4, start=10**6 - 400)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle_is_exact_at_its_ends_and_its_top(strategy: str, three_phase: bool) -> None:
    schedule = OneCycle(0.1, 100, 0.25, strategy, three_phase=three_phase)
    assert schedule(0) == 0.1 / 25
    assert schedule(24) == 0.1
    assert (schedule(48) == 0.1 / 25) is three_phase
    assert schedule.values(99, 104).tolist() == [0.1 / 25 / 1e4] * 5
    assert schedule(2**63 - 1) == 0.1 / 25 / 1e4


def test_one_cycle_without_a_rise_starts_at_or_past_its_top() -> None:
    assert OneCycle(0.1, 100, 0.01)(0) == 0.1
    assert OneCycle(0.1, 4, 0, "linear").values(0, 5).tolist() == pytest.approx(
        [0.1 - (0.1 - 4e-7) * k / 4 for k in (1, 2, 3, 4, 4)], rel=1e-14
    )


def test_one_cycle_that_only_rises_holds_the_top() -> None:
    assert OneCycle(0.8, 4, 1, "linear", div_factor=4).values(0, 6).tolist() == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 0.8, 0.8], rel=1e-15
    )


def test_scaled_multiplies_by_hand() -> None:
    assert Scaled(Cyclic(0.25, 1.25, 2), 0.5).values(0, 6).tolist() == [0.125, 0.375, 0.625, 0.375, 0.125, 0.375]
    assert Scaled(Constant(3.0), 0.25)(2**63 - 1) == 0.75
    assert Scaled(Scaled(Constant(3.0), 0.5), 0.25).values(0, 2).tolist() == [0.375, 0.375]


@pytest.mark.parametrize("base", EXAMPLES[:15], ids=lambda schedule: schedule.name)
@pytest.mark.parametrize("factor", [0.3, 1e-320, 7])
def test_scaled_is_bit_for_bit_numpys_product(base: Schedule, factor: float) -> None:
    scaled = Scaled(base, factor)
    assert scaled.values(0, 200).tobytes() == (factor * base.values(0, 200)).tobytes()
    assert Scaled(scaled, 1.7).values(0, 200).tobytes() == (1.7 * (factor * base.values(0, 200))).tobytes()


def test_scaled_stays_finite_where_the_product_overflows() -> None:
    assert Scaled(Constant(1e300), 1e300).values(0, 2).tolist() == [np.finfo(np.float64).max] * 2
