"""Exponential decay against Keras, PyTorch and optax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from torch.optim import lr_scheduler

from lrcore import ExponentialDecay

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]

staircases = pytest.mark.parametrize("staircase", [False, True])


@staircases
@pytest.mark.parametrize(("decay_rate", "decay_steps"), [(0.96, 10), (0.5, 7), (1.2, 30), (1e-3, 1000)])
def test_exponential_decay_matches_keras(decay_rate: float, decay_steps: int, staircase: bool) -> None:
    peer = keras.optimizers.schedules.ExponentialDecay(np.float64(0.1), decay_steps, np.float64(decay_rate), staircase)
    peer_lrs = np.array([float(peer(step)) for step in range(STEPS)])
    ours = ExponentialDecay(0.1, decay_rate, decay_steps, staircase).values(0, STEPS)
    np.testing.assert_allclose(ours, peer_lrs, rtol=1e-12)


@pytest.mark.parametrize("gamma", [0.9, 0.999, 1.0, 1.01])
def test_exponential_decay_matches_torch(torch_lrs: Lrs, gamma: float) -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma), lr=0.1, steps=STEPS)
    np.testing.assert_allclose(ExponentialDecay(0.1, gamma).values(0, STEPS), peer, rtol=1e-12)


@staircases
@pytest.mark.parametrize(("decay_rate", "end_lr"), [(0.96, None), (0.96, 0.03), (1.2, 0.5), (1.2, None)])
def test_exponential_decay_matches_optax(
    optax_lrs: Lrs, decay_rate: float, end_lr: float | None, staircase: bool
) -> None:
    peer = optax_lrs(
        f"optax.exponential_decay(0.1, 10, {decay_rate}, staircase={staircase}, end_value={end_lr})", STEPS
    )
    ours = ExponentialDecay(0.1, decay_rate, 10, staircase, end_lr).values(0, STEPS)
    np.testing.assert_allclose(ours, peer, rtol=1e-12)


def test_a_rate_of_0_is_0_unlike_optax(optax_lrs: Lrs) -> None:
    peer = optax_lrs("optax.exponential_decay(0.1, 10, 0.0)", 3)
    np.testing.assert_array_equal(peer, [0.1] * 3)
    assert ExponentialDecay(0.1, 0.0, 10).values(0, 3).tolist() == [0.1, 0.0, 0.0]
