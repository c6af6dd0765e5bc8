"""Cosine restarts against PyTorch, Keras, timm and transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
import transformers
from torch.optim import lr_scheduler

from lrcore import CosineRestarts

STEPS = 450


@pytest.mark.parametrize("eta_min", [0.0, 1e-3])
@pytest.mark.parametrize("period_mult", [1, 2, 3])
@pytest.mark.parametrize("first_period", [1, 5, 50, 500])
def test_matches_torch_stepped_one_by_one(
    first_period: int, period_mult: int, eta_min: float, torch_lrs: Callable[..., Any]
) -> None:
    lrs = torch_lrs(
        lambda target: lr_scheduler.CosineAnnealingWarmRestarts(target, first_period, period_mult, eta_min), 0.1, STEPS
    )
    ours = CosineRestarts(0.1, first_period, period_mult, min_lr=eta_min).values(0, STEPS)
    np.testing.assert_allclose(ours, lrs, rtol=1e-12)


def test_torch_takes_a_restart_for_an_end_when_it_jumps_there() -> None:
    target = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    lr_scheduler.CosineAnnealingWarmRestarts(target, 1, 3).step(121)
    assert target.param_groups[0]["lr"] < 1e-12
    assert CosineRestarts(0.1, 1, 3)(121) == 0.1


# Keras holds pi, the periods and its logarithms in float32, so that only the cycles that it finds are the same.
@pytest.mark.parametrize("alpha", [0.0, 0.25])
@pytest.mark.parametrize("m_mul", [1.0, 0.5])
@pytest.mark.parametrize("t_mul", [1.0, 2.0, 1.5])
def test_matches_keras(t_mul: float, m_mul: float, alpha: float) -> None:
    peer = keras.optimizers.schedules.CosineDecayRestarts(np.float64(0.1), 64, t_mul, m_mul, alpha)
    theirs = [float(keras.ops.convert_to_numpy(peer(step))) for step in range(STEPS)]
    ours = CosineRestarts(0.1, 64, t_mul, m_mul, min_lr=alpha * 0.1).values(0, STEPS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


def test_keras_takes_a_restart_for_an_end() -> None:
    peer = keras.optimizers.schedules.CosineDecayRestarts(0.1, 10)
    assert float(keras.ops.convert_to_numpy(peer(81910))) < 1e-6
    assert CosineRestarts(0.1, 10, 2)(81910) == 0.1


@pytest.fixture
def timm_cycles(timm_lrs: Callable[..., Any]) -> Callable[..., Any]:
    def cycles(first_period: int, period_mult: float, peak_decay: float, lr_min: float) -> Any:
        options = f"cycle_mul={period_mult}, cycle_decay={peak_decay}, cycle_limit=10**6"
        return timm_lrs(f"CosineLRScheduler(optimizer, {first_period}, {lr_min}, {options})")

    return cycles


@pytest.mark.parametrize(("peak_decay", "lr_min"), [(1.0, 0.0), (1.0, 1e-3), (0.7, 0.0)])
@pytest.mark.parametrize("period_mult", [1.0, 2.0, 1.5, 1.3])
def test_matches_timm(period_mult: float, peak_decay: float, lr_min: float, timm_cycles: Callable[..., Any]) -> None:
    ours = CosineRestarts(0.1, 17, period_mult, peak_decay, lr_min).values(0, STEPS)
    np.testing.assert_allclose(ours, timm_cycles(17, period_mult, peak_decay, lr_min), rtol=1e-12, atol=1e-16)


def test_timm_takes_a_restart_for_an_end(timm_cycles: Callable[..., Any]) -> None:
    assert timm_cycles(1, 3.0, 1.0, 1e-3)[121] == pytest.approx(1e-3)
    assert CosineRestarts(0.1, 1, 3, min_lr=1e-3)(121) == 0.1


def test_timm_with_decay_sinks_below_its_floor(timm_cycles: Callable[..., Any]) -> None:
    assert min(timm_cycles(10, 1.0, 0.5, 0.01)) < 0.001
    assert CosineRestarts(0.1, 10, 1.0, 0.5, 0.01).values(0, STEPS).min() >= 0.01


def test_transformers_takes_a_restart_for_an_end(torch_lrs: Callable[..., Any]) -> None:
    """Its 22 * (15 / 22) rounds to just below 15."""
    peer = torch_lrs(
        lambda target: transformers.get_cosine_with_hard_restarts_schedule_with_warmup(target, 0, 22 * 20, 22),
        0.1,
        STEPS,
    )
    ours = CosineRestarts(0.1, 20, compat="transformers", cycles=22).values(0, STEPS)
    assert peer[300] < 1e-12
    assert ours[300] == 0.1
    np.testing.assert_allclose(np.delete(ours, range(0, 440, 20)), np.delete(peer, range(0, 440, 20)), rtol=1e-11)
