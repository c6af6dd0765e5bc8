"""Polynomial decay against Keras, PyTorch, optax, timm and transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
import transformers
from torch.optim import lr_scheduler

from lrcore import Polynomial

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]

powers = pytest.mark.parametrize("power", [0.5, 1.0, 2.0])


@powers
@pytest.mark.parametrize("cycle", [False, True])
@pytest.mark.parametrize(("decay_steps", "end_lr"), [(400, 1e-3), (10, 0.01), (149, 0.0)])
def test_polynomial_matches_keras(decay_steps: int, end_lr: float, power: float, cycle: bool) -> None:
    peer = keras.optimizers.schedules.PolynomialDecay(np.float64(0.1), decay_steps, np.float64(end_lr), power, cycle)
    peer_lrs = np.array([float(peer(step)) for step in range(STEPS)])
    ours = Polynomial(0.1, decay_steps, end_lr, power, cycle).values(0, STEPS)
    np.testing.assert_allclose(ours, peer_lrs, rtol=1e-12)


@powers
@pytest.mark.parametrize("total_iters", [5, 400, 1000])
def test_polynomial_matches_torch(torch_lrs: Lrs, total_iters: int, power: float) -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.PolynomialLR(optimizer, total_iters, power), lr=0.1, steps=STEPS)
    np.testing.assert_allclose(Polynomial(0.1, total_iters, 0.0, power).values(0, STEPS), peer, rtol=1e-12)


@powers
@pytest.mark.parametrize(("base_lr", "end_lr"), [(0.1, 1e-3), (0.0, 0.1)])
def test_polynomial_matches_optax(optax_lrs: Lrs, base_lr: float, end_lr: float, power: float) -> None:
    peer = optax_lrs(f"optax.polynomial_schedule({base_lr}, {end_lr}, {power}, 400)", STEPS)
    np.testing.assert_allclose(Polynomial(base_lr, 400, end_lr, power).values(0, STEPS), peer, rtol=1e-12)


@powers
@pytest.mark.parametrize("k", [0.5, 1.0, 2.0])
def test_polynomial_matches_timm(timm_lrs: Lrs, power: float, k: float) -> None:
    peer = timm_lrs(f"PolyLRScheduler(optimizer, 400, {power}, lr_min=1e-3, k_decay={k})")
    np.testing.assert_allclose(Polynomial(0.1, 400, 1e-3, power, k=k).values(0, STEPS), peer, rtol=1e-12)


@powers
def test_polynomial_matches_transformers(torch_lrs: Lrs, power: float) -> None:
    peer = torch_lrs(
        lambda optimizer: transformers.get_polynomial_decay_schedule_with_warmup(optimizer, 0, 400, 1e-3, power),
        lr=0.1,
        steps=STEPS,
    )
    np.testing.assert_allclose(Polynomial(0.1, 400, 1e-3, power).values(0, STEPS), peer, rtol=1e-12)


def test_polynomial_ends_at_end_lr_unlike_transformers() -> None:
    group = {"params": [torch.zeros(1, requires_grad=True)], "lr": 0.01}
    optimizer = torch.optim.SGD([group], lr=1.0)
    scheduler = transformers.get_polynomial_decay_schedule_with_warmup(optimizer, 0, 10, lr_end=0.001)
    for _ in range(20):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01 * 0.001, rel=1e-12)
    assert Polynomial(0.01, 10, 0.001)(20) == 0.001
