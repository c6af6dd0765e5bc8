"""Step and multi-step decay against PyTorch and timm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from lrcore import MultiStep, Step

STEPS = 450
Lrs = Callable[..., "np.ndarray[Any, Any]"]


@pytest.mark.parametrize(("step_size", "gamma"), [(30, 0.1), (1, 0.97), (7, 1.1), (449, 0.5), (1000, 0.5), (10, 0.0)])
def test_step_matches_torch(torch_lrs: Lrs, step_size: int, gamma: float) -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.StepLR(optimizer, step_size, gamma), lr=0.1, steps=STEPS)
    np.testing.assert_allclose(Step(0.1, step_size, gamma).values(0, STEPS), peer, rtol=1e-12)


def test_step_matches_timm(timm_lrs: Lrs) -> None:
    peer = timm_lrs("StepLRScheduler(optimizer, 30, 0.3)")
    np.testing.assert_allclose(Step(0.1, 30, 0.3).values(0, STEPS), peer, rtol=1e-12)


@pytest.mark.parametrize("milestones", [[30, 80], [100, 101, 300], [5, 5, 9, 9, 9], [0, 7], [449, 450, 1000], []])
def test_multi_step_matches_torch(torch_lrs: Lrs, milestones: list[int]) -> None:
    peer = torch_lrs(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones, 0.3), lr=0.1, steps=STEPS)
    np.testing.assert_allclose(MultiStep(0.1, milestones, 0.3).values(0, STEPS), peer, rtol=1e-12)


def test_multi_step_changes_one_update_after_timm(timm_lrs: Lrs) -> None:
    peer = timm_lrs("MultiStepLRScheduler(optimizer, [30, 80], 0.3)")
    np.testing.assert_allclose(MultiStep(0.1, [29, 79], 0.3).values(0, STEPS), peer, rtol=1e-12)


def test_multi_step_resumed_at_a_milestone_counts_it_once() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    optimizer.param_groups[0]["initial_lr"] = 0.1  # step 30 is reached, and its learning rate is in place
    lr_scheduler.MultiStepLR(optimizer, [30], 0.1, last_epoch=29)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.001, rel=1e-12)
    assert MultiStep(0.1, [30], 0.1)(30) == pytest.approx(0.01, rel=1e-15)
