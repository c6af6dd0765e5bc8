"""Sequence and Delay against optax's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lrcore import Constant, Cosine, Delay, Linear, Sequence

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]


def test_sequence_is_optaxs_joined_schedules(optax_lrs: Lrs) -> None:
    linear, constant = "optax.linear_schedule(0.01, 0.1, 20)", "optax.constant_schedule(0.02)"
    cosine = "optax.cosine_decay_schedule(0.1, 300, alpha=0.01)"
    peer = optax_lrs(f"optax.join_schedules([{linear}, {cosine}, {constant}], [20, 400])", STEPS)
    schedule = Sequence([Linear(0.01, 0.1, 21), Cosine(0.1, 300, 0.001), Constant(0.02)], [20, 400])
    np.testing.assert_allclose(schedule.values(0, STEPS), peer, rtol=1e-12)


def test_delay_is_optaxs_transition_begin(optax_lrs: Lrs) -> None:
    peer = optax_lrs("optax.polynomial_schedule(0.1, 0.01, 1, 100, transition_begin=50)", STEPS)
    np.testing.assert_allclose(Delay(Linear(0.1, 0.01, 101), 50).values(0, STEPS), peer, rtol=1e-12)
