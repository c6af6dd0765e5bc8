"""Inverse root, Noam, tanh and warmup-stable-decay against 50 digits and at every joint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import InverseSqrt, Noam, Tanh, WarmupStableDecay, parse_schedule

LAST = 2**63 - 1
EARLY_AND_LATE = [range(500), *(range(late - 5, late + 1) for late in (2**24, 2**40, 2**53))]


def mean(low: float, high: float, weight: Any) -> Any:
    return mpmath.mpf(low) + (mpmath.mpf(high) - mpmath.mpf(low)) * weight


@pytest.mark.parametrize(("timescale", "warmup_steps"), [(1, 0), (10_000, 0), (50, 50), (7, 120)])
def test_inverse_sqrt_agrees_with_50_digits(
    timescale: int, warmup_steps: int, within_ulps: Callable[..., None]
) -> None:
    def exact(step: int) -> Any:
        if step < warmup_steps:
            return mpmath.mpf(0.1) * step / warmup_steps
        return mpmath.mpf(0.1) * mpmath.sqrt(mpmath.mpf(timescale) / (timescale + step - warmup_steps))

    for steps in EARLY_AND_LATE:
        within_ulps(InverseSqrt(0.1, timescale, warmup_steps), steps, exact)


def test_inverse_sqrt_without_warmup_starts_finite() -> None:
    """fairseq divides by zero there."""
    assert InverseSqrt(0.1, 10_000).values(0, 2)[0] == 0.1
    assert InverseSqrt(0.1, 1)(LAST) == pytest.approx(0.1 / 2**31.5, rel=1e-15)


@pytest.mark.parametrize(("model_size", "warmup_steps"), [(512, 100), (768, 1), (1, 4000)])
def test_noam_agrees_with_50_digits(model_size: int, warmup_steps: int, within_ulps: Callable[..., None]) -> None:
    def exact(step: int) -> Any:
        s = mpmath.mpf(step + 1)
        rise = s / mpmath.mpf(warmup_steps) ** mpmath.mpf(1.5)
        return mpmath.mpf(0.7) / mpmath.sqrt(model_size) * min(1 / mpmath.sqrt(s), rise)

    for steps in (*EARLY_AND_LATE, range(3990, 4010)):
        within_ulps(Noam(model_size, warmup_steps, 0.7), steps, exact)


def test_noam_peaks_at_the_last_step_of_its_warm_up() -> None:
    lrs = Noam(512, 40).values(0, 200)
    assert np.argmax(lrs) == 39
    assert lrs[39] == pytest.approx(1 / np.sqrt(512 * 40), rel=1e-15)


@pytest.mark.parametrize("decay_steps", [431, 10**6, 2**53])
@pytest.mark.parametrize(("lower", "upper"), [(-7.0, 3.0), (-1.3, 0.7), (2.0, 20.0), (-20.0, -0.1)])
@pytest.mark.parametrize("min_lr", [0.0, 1e-3])
def test_tanh_agrees_with_50_digits(
    min_lr: float, lower: float, upper: float, decay_steps: int, within_ulps: Callable[..., None]
) -> None:
    def exact(step: int) -> Any:
        at = mpmath.mpf(lower) + (mpmath.mpf(upper) - mpmath.mpf(lower)) * step / decay_steps
        return mean(min_lr, 0.1, (1 - mpmath.tanh(at)) / 2)

    middle = decay_steps // 2
    for steps in (range(100), range(middle, middle + 100), range(decay_steps - 100, decay_steps)):
        within_ulps(Tanh(0.1, decay_steps, lower, upper, min_lr), steps, exact)


def test_tanh_holds_min_lr_from_its_end_on() -> None:
    assert Tanh(0.1, 7, min_lr=1e-3).values(7, 10).tolist() == [1e-3] * 3
    assert Tanh(0.1, 7, min_lr=1e-3)(LAST) == 1e-3


SHAPES: dict[str, Callable[[Any], Any]] = {
    "1-sqrt": lambda q: 1 - mpmath.sqrt(q),
    "linear": lambda q: 1 - q,
    "cosine": lambda q: (1 + mpmath.cos(mpmath.pi * q)) / 2,
    "exponential": lambda q: (mpmath.mpf(0.2) ** q - mpmath.mpf(0.2)) / (1 - mpmath.mpf(0.2)),
    "power": lambda q: 1 - q ** mpmath.mpf(1.7),
}


@pytest.mark.parametrize("decay", SHAPES)
@pytest.mark.parametrize("decay_steps", [400, 10**6, 2**52])
@pytest.mark.parametrize("min_lr", [0.0, 1e-4])
def test_warmup_stable_decay_agrees_with_50_digits(
    min_lr: float, decay_steps: int, decay: str, within_ulps: Callable[..., None]
) -> None:
    def exact(step: int) -> Any:
        if step < 30:
            return mean(0.01, 0.1, mpmath.mpf(step) / 30)
        return mean(min_lr, 0.1, SHAPES[decay](mpmath.mpf(max(step - 50, 0)) / decay_steps))

    schedule = WarmupStableDecay(0.1, 30, 20, decay_steps, min_lr, decay, 1.7, 0.2, 0.01)
    for steps in (range(300), range(decay_steps - 300, decay_steps + 50)):
        within_ulps(schedule, steps, exact)


@pytest.mark.parametrize("min_lr", [0.0, 6.204085746591123e-11])
@pytest.mark.parametrize("decay_ratio", [0.999999, 0.1, 0.01, 1e-4, 1e-10, 1e-300])
def test_an_exponential_decay_keeps_its_digits_at_every_ratio(
    decay_ratio: float, min_lr: float, within_ulps: Callable[..., None]
) -> None:
    base_lr, ratio = 0.06204085746591123, mpmath.mpf(decay_ratio)
    for decay_steps, steps in [(133, range(133)), (1000, range(50, 100)), (2**53, range(2**53 - 50, 2**53))]:
        schedule = WarmupStableDecay(base_lr, 0, 0, decay_steps, min_lr, "exponential", decay_ratio=decay_ratio)

        def exact(step: int, decay_steps: int = decay_steps) -> Any:
            return mean(min_lr, base_lr, (ratio ** (mpmath.mpf(step) / decay_steps) - ratio) / (1 - ratio))

        within_ulps(schedule, steps, exact)


@pytest.mark.parametrize("decay", SHAPES)
def test_warmup_stable_decay_is_exact_at_every_joint(decay: str) -> None:
    schedule = WarmupStableDecay(0.3, 7, 5, 11, 0.1, decay, warmup_start_lr=0.2)
    assert schedule(0) == 0.2
    assert schedule.values(7, 13).tolist() == [0.3] * 6
    assert schedule(13) < 0.3
    assert schedule(22) > 0.1
    assert schedule.values(23, 26).tolist() == [0.1] * 3
    assert schedule(LAST) == 0.1


def test_warmup_stable_decay_may_lack_its_rise_or_its_level() -> None:
    assert WarmupStableDecay(1.0, 0, 0, 2, decay="linear").values(0, 4).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert WarmupStableDecay(1.0, 2, 0, 1).values(0, 4).tolist() == [0.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(("decay", "power"), [("1-sqrt", 0.5), ("linear", 1.0)])
def test_warmup_stable_decay_powers_match_the_named_shapes(decay: str, power: float) -> None:
    named = WarmupStableDecay(0.1, 3, 5, 400, decay=decay).values(0, 450)
    np.testing.assert_allclose(
        WarmupStableDecay(0.1, 3, 5, 400, decay="power", decay_power=power).values(0, 450), named
    )


def test_a_longer_level_changes_nothing_before_the_decay() -> None:
    short, long = WarmupStableDecay(0.1, 10, 50, 20), WarmupStableDecay(0.1, 10, 90, 20)
    assert short.values(0, 61).tolist() == long.values(0, 61).tolist()
    np.testing.assert_array_equal(short.values(60, 90), long.values(100, 130))


def test_units_count_the_phases() -> None:
    text = "warmup_stable_decay(0.1, '1ep', '0.5dur', decay_steps='2ep')"
    assert parse_schedule(text, 391, 3910) == WarmupStableDecay(0.1, 391, 1955, 782)
