"""Schedules against the peers themselves, where the form is the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from lrcore import Cosine, Cyclic, CyclicMomentum, Exponential, InverseTime, Linear, OneCycle, PiecewiseConstant

STEPS = 450


def torch_groups(
    make: Callable[[torch.optim.Optimizer], Any], lr: float, key: str = "lr", steps: int = STEPS
) -> np.ndarray:
    """The learning rate of each of `steps` updates."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    group = optimizer.param_groups[0]
    values = [group[key]]
    for _ in range(steps - 1):
        optimizer.step()
        scheduler.step()
        values.append(group[key])
    return np.array(values)


def keras_values(schedule: keras.optimizers.schedules.LearningRateSchedule) -> np.ndarray:
    values = [keras.ops.convert_to_numpy(schedule(step)) for step in range(STEPS)]
    assert values[0].dtype == np.float64
    return np.array(values)


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
@pytest.mark.parametrize(("up", "down"), [(50, None), (13, 29)])
def test_cyclic_matches_torch(mode: str, up: int, down: int | None) -> None:
    peer = torch_groups(
        lambda optimizer: lr_scheduler.CyclicLR(optimizer, 1e-3, 0.1, up, down, mode, gamma=0.99, cycle_momentum=False),
        lr=1.0,
    )
    np.testing.assert_allclose(Cyclic(1e-3, 0.1, up, down, mode, 0.99).values(0, STEPS), peer, rtol=1e-11)


@pytest.mark.parametrize("mode", ["triangular", "triangular2", "exp_range"])
def test_cyclic_momentum_matches_torch(mode: str) -> None:
    peer = torch_groups(
        lambda optimizer: lr_scheduler.CyclicLR(
            optimizer, 1e-3, 0.1, 13, 29, mode, gamma=0.99, base_momentum=0.8, max_momentum=0.95
        ),
        lr=1.0,
        key="momentum",
    )
    np.testing.assert_allclose(CyclicMomentum(0.8, 0.95, 13, 29, mode, 0.99).values(0, STEPS), peer, rtol=1e-13)


def test_linear_matches_torch() -> None:
    peer = torch_groups(lambda optimizer: lr_scheduler.LinearLR(optimizer, 0.25, 1.0, total_iters=400), lr=0.1)
    np.testing.assert_allclose(Linear(0.025, 0.1, 401).values(0, STEPS), peer, rtol=1e-12)


def test_linear_is_the_polynomial_decay_of_keras() -> None:
    peer = keras.optimizers.schedules.PolynomialDecay(np.float64(0.1), 400, np.float64(1e-3))
    np.testing.assert_allclose(Linear(0.1, 1e-3, 401).values(0, STEPS), keras_values(peer), rtol=1e-13)


# torch subtracts nearly equal learning rates near the end of the fall, which leaves an error of a last place of max_lr.
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("total_steps", [7, 99, 200])
@pytest.mark.parametrize("pct_start", [0.0, 0.17, 0.25, 0.3, 0.5, 1.0])
def test_one_cycle_matches_torch_at_every_step(
    pct_start: float, total_steps: int, strategy: str, three_phase: bool
) -> None:
    peer = torch_groups(
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, 0.1, total_steps, pct_start=pct_start, anneal_strategy=strategy, three_phase=three_phase
        ),
        lr=1.0,
        steps=total_steps,
    )
    ours = OneCycle(0.1, total_steps, pct_start, strategy, three_phase=three_phase).values(0, total_steps)
    np.testing.assert_allclose(ours, peer, rtol=1e-12, atol=np.spacing(0.1))


def test_one_cycle_with_other_factors_matches_torch() -> None:
    peer = torch_groups(
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer, 0.3, epochs=5, steps_per_epoch=90, div_factor=3.0, final_div_factor=0.5
        ),
        lr=1.0,
    )
    np.testing.assert_allclose(
        OneCycle(0.3, STEPS, div_factor=3, final_div_factor=0.5).values(0, STEPS), peer, rtol=1e-12
    )


def test_exponential_matches_torch() -> None:
    peer = torch_groups(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.98), lr=0.1)
    ours = Exponential(0.1, 0.1 * 0.98 ** (STEPS - 1), STEPS).values(0, STEPS)
    np.testing.assert_allclose(ours, peer, rtol=1e-13)


def test_exponential_is_the_decay_of_keras() -> None:
    peer = keras.optimizers.schedules.ExponentialDecay(np.float64(0.1), STEPS - 1, np.float64(1e-3))
    np.testing.assert_allclose(Exponential(0.1, 1e-4, STEPS).values(0, STEPS), keras_values(peer), rtol=1e-13)


def test_cosine_matches_torch_until_its_end() -> None:
    peer = torch_groups(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, STEPS, 1e-4), lr=0.1)
    np.testing.assert_allclose(Cosine(0.1, STEPS, 1e-4).values(0, STEPS), peer, rtol=1e-11)


def test_piecewise_constant_is_multistep_of_torch() -> None:
    peer = torch_groups(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [100, 101, 300], gamma=0.1), lr=1.0)
    ours = PiecewiseConstant([100, 101, 300], [1.0, 0.1, 0.01, 0.001]).values(0, STEPS)
    np.testing.assert_allclose(ours, peer, rtol=1e-15)


def test_piecewise_constant_switches_one_update_before_keras() -> None:
    peer = keras.optimizers.schedules.PiecewiseConstantDecay([100, 300], [np.float64(lr) for lr in (1.0, 0.1, 0.01)])
    ours = PiecewiseConstant([101, 301], [1.0, 0.1, 0.01]).values(0, STEPS)
    np.testing.assert_array_equal(ours, [float(peer(step)) for step in range(STEPS)])


@pytest.mark.parametrize("staircase", [False, True])
def test_inverse_time_matches_keras(staircase: bool) -> None:
    peer = keras.optimizers.schedules.InverseTimeDecay(np.float64(0.1), 7, np.float64(0.3), staircase)
    np.testing.assert_allclose(InverseTime(0.1, 0.3, 7, staircase).values(0, STEPS), keras_values(peer), rtol=1e-15)
