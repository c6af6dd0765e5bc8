"""Sequence against optax.join_schedules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lrcore.schedules import Constant, Cosine, Delay, Linear, Sequence

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

STEPS = 450


def optax_lrs(schedule: Any) -> np.ndarray:
    with jax.enable_x64(True):
        return np.array([float(schedule(jax.numpy.asarray(step))) for step in range(STEPS)])


def test_sequence_is_optaxs_joined_schedules() -> None:
    parts = [
        optax.linear_schedule(0.01, 0.1, 20),
        optax.cosine_decay_schedule(0.1, 300, alpha=0.01),
        optax.constant_schedule(0.02),
    ]
    schedule = Sequence([Linear(0.01, 0.1, 21), Cosine(0.1, 300, 0.001), Constant(0.02)], [20, 400])
    np.testing.assert_allclose(schedule.values(0, STEPS), optax_lrs(optax.join_schedules(parts, [20, 400])), rtol=1e-12)


def test_delay_is_optaxs_transition_begin() -> None:
    peer = optax_lrs(optax.polynomial_schedule(0.1, 0.01, 1, 100, transition_begin=50))
    np.testing.assert_allclose(Delay(Linear(0.1, 0.01, 101), 50).values(0, STEPS), peer, rtol=1e-12)
