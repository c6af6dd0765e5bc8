"""Cosine restarts against 50 digits, and at every restart that peers assign to the wrong cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import CosineRestarts, parse_schedule


def restarts(schedule: CosineRestarts, step: int) -> Any:
    """By rational numbers, cycle after cycle."""
    begin, period, cycle = Fraction(0), Fraction(schedule.first_period), 0
    if schedule.period_mult == 1:
        cycle, begin = step // period, step // period * period
    while begin + period <= step:
        begin, period, cycle = begin + period, period * Fraction(schedule.period_mult), cycle + 1
    if schedule.cycles is not None and cycle >= schedule.cycles:
        return mpmath.mpf(schedule.min_lr)
    left = (begin + period - step) / period
    wave = mpmath.sin(mpmath.pi / 2 * left.numerator / left.denominator) ** 2
    base, floor, decay = (mpmath.mpf(lr) for lr in (schedule.base_lr, schedule.min_lr, schedule.peak_decay))
    height = (base - floor) * decay**cycle if schedule.decays == "height" else max(base * decay**cycle, floor) - floor
    return floor + height * wave


@pytest.mark.parametrize("min_lr", [0.0, 1e-4])
@pytest.mark.parametrize("peak_decay", [1.0, 0.9])
@pytest.mark.parametrize("period_mult", [1, 2, 3, 10, 1.5, 1.1, 2.7])
@pytest.mark.parametrize("first_period", [1, 7, 50])
def test_agrees_with_50_digits(
    first_period: int, period_mult: float, peak_decay: float, min_lr: float, within_ulps: Callable[..., None]
) -> None:
    schedule = CosineRestarts(0.1, first_period, period_mult, peak_decay, min_lr)
    within_ulps(schedule, range(500), lambda step: restarts(schedule, step))


@pytest.mark.parametrize("decays", ["height", "peak"])
@pytest.mark.parametrize("cycles", [1, 3, 8])
@pytest.mark.parametrize("period_mult", [1, 2, 1.5])
def test_agrees_with_50_digits_to_the_last_cycle_and_after(
    period_mult: float, cycles: int, decays: str, within_ulps: Callable[..., None]
) -> None:
    schedule = CosineRestarts(0.1, 7, period_mult, 0.5, 0.003, cycles, decays)
    within_ulps(schedule, range(500), lambda step: restarts(schedule, step), ulps=4 if period_mult % 1 == 0 else 8)


@pytest.mark.parametrize("period_mult", [1, 2, 3, 10])
@pytest.mark.parametrize("top", [2**24, 2**40, 2**53])
def test_agrees_with_50_digits_at_steps_as_late_as_2_to_the_53(
    period_mult: int, top: int, within_ulps: Callable[..., None]
) -> None:
    schedule = CosineRestarts(0.1, 7, period_mult)
    within_ulps(schedule, range(top - 50, top + 1), lambda step: restarts(schedule, step))


@pytest.mark.parametrize("period_mult", [2, 3])
def test_keeps_its_digits_around_every_restart_up_to_2_to_the_53(
    period_mult: int, within_ulps: Callable[..., None]
) -> None:
    schedule = CosineRestarts(0.1, 5, period_mult)
    begin, period = 0, 5
    while begin + period < 2**53:
        begin, period = begin + period, period * period_mult
        within_ulps(schedule, range(begin - 3, begin + 3), lambda step: restarts(schedule, step))


@pytest.mark.parametrize("period_mult", [1.1, 1.7, 2.7])
def test_a_real_multiplier_is_accurate_for_a_trillion_steps(
    period_mult: float, within_ulps: Callable[..., None]
) -> None:
    schedule = CosineRestarts(0.1, 5, period_mult, min_lr=1e-3)
    begin, period = Fraction(0), Fraction(5)
    while begin < 10**12:
        begin, period = begin + period, period * Fraction(period_mult)
        around = range(math.floor(begin) - 2, math.floor(begin) + 3)
        within_ulps(schedule, around, lambda step: restarts(schedule, step), ulps=8)


def test_torch_88791_any_step_is_reached_without_those_before_it() -> None:
    """torch resumed by last_epoch gives 0.090451, as it does not recompute where its cycle began."""
    assert round(CosineRestarts(0.1, 5, 2)(12), 6) == 0.020611


# PyTorch's step(epoch) has eta_min at 488 of these restarts, timm its lr_min at 21 of 342.
@pytest.mark.parametrize("period_mult", [2, 3, 4, 5, 7, 10])
def test_torch_log_floor_every_restart_is_at_the_peak(period_mult: int) -> None:
    for first_period in range(1, 200):
        schedule = CosineRestarts(0.1, first_period, period_mult, min_lr=1e-3)
        begin, period = 0, first_period
        while begin < 2**53:
            assert schedule(begin) == 0.1
            assert period == 1 or schedule(begin + period // 2) < 0.1
            begin, period = begin + period, period * period_mult


@pytest.mark.parametrize(("first_period", "period_mult", "step"), [(1, 3, 121), (1, 10, 111)])
def test_torch_and_timm_log_floor_restarts_are_right_here(first_period: int, period_mult: int, step: int) -> None:
    assert CosineRestarts(0.1, first_period, period_mult)(step) == 0.1


@pytest.mark.parametrize(("first_period", "step"), [(10, 81910), (10, 327670), (100, 819100)])
def test_keras_float32_log_restarts_are_right_here(first_period: int, step: int) -> None:
    assert CosineRestarts(0.1, first_period, 2)(step) == 0.1


def test_a_decayed_peak_never_falls_below_the_floor() -> None:
    values = CosineRestarts(0.1, 10, peak_decay=0.5, min_lr=0.01).values(0, 2000)
    assert values.min() >= 0.01
    np.testing.assert_allclose(values[::10][:20], 0.01 + 0.09 * 0.5 ** np.arange(20), rtol=1e-15)


def test_endless_periods_repeat_exactly() -> None:
    schedule = CosineRestarts(0.1, 13, min_lr=1e-3)
    np.testing.assert_array_equal(schedule.values(13 * 2**40, 13 * 2**40 + 26), np.tile(schedule.values(0, 13), 2))


def test_a_unit_stands_for_the_steps_of_the_first_period() -> None:
    text = "cosine_restarts(0.1, '2ep', period_mult=2, peak_decay=0.5)"
    assert parse_schedule(text, steps_per_epoch=391) == CosineRestarts(0.1, 782, 2.0, 0.5)
