"""Schedules made of schedules against PyTorch's, where PyTorch's are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import Optimizer, lr_scheduler

from lrcore import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    OneCycle,
    PiecewiseConstant,
    Product,
    Repeat,
    Sequence,
    Until,
    Warmup,
)

STEPS = 450


def torch_lrs(make: Callable[[Optimizer], Any], steps: int = STEPS) -> np.ndarray:
    """The learning rate that each of `steps` updates finds."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = make(optimizer)
    lrs = []
    for _ in range(steps):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(lrs)


def test_warmup_before_cosine_is_torchs_sequence() -> None:
    peer = torch_lrs(
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [
                lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=20),
                lr_scheduler.CosineAnnealingLR(optimizer, 500, 1e-3),
            ],
            milestones=[20],
        )
    )
    cosine = Cosine(0.1, 500, 1e-3)
    for schedule in (Linear(0.01, 0.1, 21).then(cosine, at=20), Warmup(cosine, 20, first="0", start_lr=0.01)):
        np.testing.assert_allclose(schedule.values(0, STEPS), peer, rtol=1e-12)


def test_three_schedulers_are_torchs_sequence() -> None:
    peer = torch_lrs(
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [
                lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=1000),
                lr_scheduler.StepLR(optimizer, 50, 0.5),
                lr_scheduler.ExponentialLR(optimizer, 0.99),
            ],
            milestones=[100, 240],
        )
    )
    parts = [
        Constant(0.05),
        PiecewiseConstant([50, 100], [0.1, 0.05, 0.025]),
        Exponential(0.1, 0.1 * 0.99**400, 401),
    ]
    np.testing.assert_allclose(Sequence(parts, [100, 240]).values(0, STEPS), peer, rtol=1e-12)


def test_product_is_torchs_chain_of_schedulers_that_multiply() -> None:
    peer = torch_lrs(
        lambda optimizer: lr_scheduler.ChainedScheduler(
            [lr_scheduler.LinearLR(optimizer, 0.2, total_iters=30), lr_scheduler.ExponentialLR(optimizer, 0.99)]
        )
    )
    schedule = Product([Linear(0.2, 1.0, 31), Exponential(0.1, 0.1 * 0.99**500, 501)])
    np.testing.assert_allclose(schedule.values(0, STEPS), peer, rtol=1e-12)


def test_a_mirrored_cosine_is_torchs_past_its_end() -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 100, 1e-3))
    np.testing.assert_allclose(Until(Cosine(0.1, 100, 1e-3), 101, "mirror").values(0, STEPS), peer, rtol=1e-12)


def test_a_repeated_cosine_is_torchs_with_warm_restarts() -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 50, eta_min=1e-3))
    np.testing.assert_allclose(Repeat(Cosine(0.1, 50, 1e-3), 50).values(0, STEPS), peer, rtol=1e-12)


def test_one_cycle_that_raises_ends_no_later_than_torchs() -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 400, cycle_momentum=False), 400)
    schedule = Until(OneCycle(0.1, 400), 400, "raise")
    np.testing.assert_allclose(schedule.values(0, 400), peer, rtol=1e-11)
    with pytest.raises(ValueError, match=r"^step must be less than total_steps=400, but got 400$"):
        schedule(400)
