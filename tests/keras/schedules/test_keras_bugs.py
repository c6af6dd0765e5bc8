"""Errors of Keras' own schedules, and our right values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from lrcore import (
    Cosine,
    CosineRestarts,
    ExponentialDecay,
    InverseTime,
    PiecewiseConstant,
    Polynomial,
    Tabulated,
    Warmup,
)
from lrcore.keras import Schedule

keras_schedules = keras.optimizers.schedules
INTEGER_LRS: dict[str, tuple[Callable[[], Any], Any, float, float]] = {
    "exponential": (
        lambda: keras_schedules.ExponentialDecay(1, 10, 0.5),
        ExponentialDecay(1, 0.5, decay_steps=10),
        0.0,
        math.sqrt(0.5),
    ),
    "cosine": (lambda: keras_schedules.CosineDecay(1, 10), Cosine(1, 10), 0.5354, 0.5),
    "inverse time": (lambda: keras_schedules.InverseTimeDecay(1, 10, 0.5), InverseTime(1, 0.5, 10), 1.0, 0.8),
    "polynomial": (lambda: keras_schedules.PolynomialDecay(1, 10), Polynomial(1, 10, 1e-4), 0.5, 0.50005),
}


def _after(learning_rate: Any, batches: int, accumulated: int) -> float:
    """The way of a weight whose every gradient is -1: the sum of the learning rates used."""
    weight = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(learning_rate, gradient_accumulation_steps=accumulated)
    for _ in range(batches):
        optimizer.apply([-keras.ops.ones(1)], [weight])
    return float(weight[0])


@pytest.mark.parametrize(("keras_own", "ours", "wrong", "right"), INTEGER_LRS.values(), ids=INTEGER_LRS.keys())
def test_an_integer_initial_lr_makes_everything_an_integer(keras_own: Any, ours: Any, wrong: Any, right: Any) -> None:
    assert float(keras_own()(5)) == pytest.approx(wrong, abs=1e-4)
    assert float(Schedule(ours, total_steps=11)(5)) == pytest.approx(right, rel=1e-7)


def test_keras_schedule_outpaces_accumulated_updates() -> None:
    # Keras evaluates at the batches 1, 3 and 5, and there has its boundaries one step late.
    keras_own = keras_schedules.PiecewiseConstantDecay([0, 1, 2], [1.0, 0.5, 0.25, 0.125])
    assert _after(keras_own, batches=6, accumulated=2) == 0.5 + 0.125 + 0.125
    assert _after(Schedule(Tabulated([1.0, 0.5, 0.25]), 3), batches=6, accumulated=2) == 1 + 0.5 + 0.25


def test_steps_above_2_24_are_rounded_to_float32() -> None:
    length = 2**24 + 1
    keras_own = keras_schedules.ExponentialDecay(1.0, length, 0.5, staircase=True)
    ours = Schedule(ExponentialDecay(1.0, 0.5, length, staircase=True), total_steps=length + 1)
    assert float(keras_own(length - 1)) == 0.5  # a step early
    assert [float(ours(step)) for step in (length - 1, length)] == [1.0, 0.5]


@pytest.mark.parametrize(("first_period", "restart"), [(10, 81910), (100, 819100)])
def test_a_restart_falls_on_the_bottom_of_the_cycle_before(first_period: int, restart: int) -> None:
    assert restart == first_period * (2**13 - 1)
    assert float(keras_schedules.CosineDecayRestarts(1.0, first_period)(restart)) < 1e-3
    ours = Schedule(CosineRestarts(1.0, first_period, period_mult=2), total_steps=restart + 1)
    assert float(ours(restart)) == 1.0


def test_a_boundary_takes_effect_one_step_late() -> None:
    keras_own = keras_schedules.PiecewiseConstantDecay([10], [0.5, 0.25])
    ours = Schedule(PiecewiseConstant([10], [0.5, 0.25]), total_steps=12)
    assert [float(keras_own(step)) for step in (9, 10, 11)] == [0.5, 0.5, 0.25]
    as_keras = Schedule(PiecewiseConstant([10], [0.5, 0.25], compat="keras"), total_steps=12)
    assert [float(ours(step)) for step in (9, 10, 11)] == [0.5, 0.25, 0.25]
    assert [float(as_keras(step)) for step in (9, 10, 11)] == [0.5, 0.5, 0.25]


def test_the_last_steps_of_a_long_cosine_are_0() -> None:
    length = 10**5
    steps = np.arange(length - 7, length)
    right = np.float32([math.sin(math.pi * (length - step) / (2 * length)) ** 2 for step in steps.tolist()])
    assert not np.any(keras_schedules.CosineDecay(1.0, length)(steps))
    np.testing.assert_allclose(Schedule(Cosine(1.0, length), length)(steps), right, rtol=2**-23)
    assert right.min() > 0


def test_a_warm_up_without_a_target_is_silently_no_warm_up() -> None:
    assert float(keras_schedules.CosineDecay(1.0, 100, warmup_steps=10)(0)) == 1.0
    assert float(Schedule(Warmup(Cosine(1.0, 100), 10, first="0"), total_steps=111)(0)) == 0.0
