"""The callbacks that are named after a schedule: the curves of torch's schedulers, and errors in their own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lrcore.keras import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ScheduleCallback,
    StepLR,
)

peers = torch.optim.lr_scheduler
ONE_CYCLE: dict[str, Any] = {"pct_start": 0.25, "anneal_strategy": "linear", "div_factor": 10.0, "three_phase": True}
PAIRS: dict[str, tuple[ScheduleCallback, Callable[[torch.optim.Optimizer], Any]]] = {
    "CyclicLR": (CyclicLR(0.01, 0.1, 30), lambda sgd: peers.CyclicLR(sgd, 0.01, 0.1, 30, cycle_momentum=False)),
    "CyclicLR with a scale": (
        CyclicLR(0.01, 0.1, 30, scale=[1 / cycle for cycle in range(1, 9)]),
        lambda sgd: peers.CyclicLR(sgd, 0.01, 0.1, 30, scale_fn=lambda cycle: 1 / cycle, cycle_momentum=False),
    ),
    "OneCycleLR": (OneCycleLR(0.1, 400), lambda sgd: peers.OneCycleLR(sgd, 0.1, 400, cycle_momentum=False)),
    "OneCycleLR in three phases": (
        OneCycleLR(0.1, 400, final_div_factor=100.0, **ONE_CYCLE),
        lambda sgd: peers.OneCycleLR(sgd, 0.1, 400, cycle_momentum=False, final_div_factor=100.0, **ONE_CYCLE),
    ),
    "StepLR": (StepLR(0.1, 60, 0.5), lambda sgd: peers.StepLR(sgd, 60, 0.5)),
    "MultiStepLR": (MultiStepLR(0.1, [50, 150, 150]), lambda sgd: peers.MultiStepLR(sgd, [50, 150, 150])),
    "ExponentialLR": (ExponentialLR(0.1, 0.99), lambda sgd: peers.ExponentialLR(sgd, 0.99)),
    "PolynomialLR": (PolynomialLR(0.1, 200, 2.0), lambda sgd: peers.PolynomialLR(sgd, 200, 2.0)),
    "CosineAnnealingLR": (CosineAnnealingLR(0.1, 90, 1e-3), lambda sgd: peers.CosineAnnealingLR(sgd, 90, 1e-3)),
    "CosineAnnealingWarmRestarts": (
        CosineAnnealingWarmRestarts(0.1, 20, 2, 1e-3),
        lambda sgd: peers.CosineAnnealingWarmRestarts(sgd, 20, 2, 1e-3),
    ),
}


@pytest.mark.parametrize(("ours", "peer"), PAIRS.values(), ids=PAIRS.keys())
def test_the_curve_matches_torchs_scheduler(ours: ScheduleCallback, peer: Any) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler, expected = peer(optimizer), []
    optimizer.step()  # torch warns of a scheduler that comes first
    for _ in range(400):
        expected.append(scheduler.get_last_lr()[0])
        scheduler.step()
    np.testing.assert_allclose(ours.schedule.values(0, 400), expected, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("mode", "gamma", "tops"),
    [("triangular", 1.0, [5.0, 5.0]), ("triangular2", 1.0, [5.0, 3.0]), ("exp_range", 0.5, [1 + 4 * 0.25, 1 + 4 / 64])],
)
def test_cyclic_modes_scale_the_top_of_each_cycle(mode: str, gamma: float, tops: list[float]) -> None:
    schedule = CyclicLR(1.0, 5.0, 2, mode=mode, gamma=gamma).schedule
    np.testing.assert_allclose([schedule(2), schedule(6)], tops, rtol=1e-15)
    assert [schedule(0), schedule(4), schedule(8)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: CyclicLR(0.1, 0.01, 10), "max_lr must be greater than min_lr=0.1, but got 0.01"),
        (lambda: CyclicLR(-0.1, 0.01, 10), "min_lr must"),
        (lambda: CyclicLR(0.001, 0.01, 0), "stepsize must"),
        (lambda: CyclicLR(0.001, 0.01, 10, mode="square"), "mode must"),
        (lambda: CyclicLR(0.001, 0.01, 10, mode="exp_range", gamma=2.0), "gamma must"),
        (lambda: OneCycleLR(0.1, 1), "total_steps must"),
        (lambda: OneCycleLR(0.1, 10, pct_start=30), "pct_start must"),
        (lambda: StepLR(-0.1, 10), "lr must"),
        (lambda: StepLR(0.1, 0), "step_size must"),
        (lambda: MultiStepLR(0.1, [3, 2]), "milestones"),
        (lambda: ExponentialLR(0.1, -1.0), "gamma must"),
        (lambda: PolynomialLR(0.1, 0), "total_iters must"),
        (lambda: CosineAnnealingLR(0.1, 0), "T_max must"),
        (lambda: CosineAnnealingLR(0.1, 10, 0.2), "eta_min must not be greater than lr=0.1, but got 0.2"),
        (lambda: CosineAnnealingWarmRestarts(0.1, 0), "T_0 must"),
        (lambda: CosineAnnealingWarmRestarts(0.1, 10, 0.5), "T_mult must"),
    ],
)
def test_bad_arguments_raise_at_construction_and_are_named(build: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        build()


def test_an_argument_of_a_wrong_type_is_named_too() -> None:
    with pytest.raises(TypeError, match=r"^stepsize must be an integer, but got 2\.5$"):
        CyclicLR(0.001, 0.01, 2.5)  # type: ignore[arg-type]
