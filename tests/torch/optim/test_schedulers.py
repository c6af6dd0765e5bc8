"""Every scheduler drives this SGD like torch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR, StepLR
from torch.testing import assert_close

import lrcore
from lrcore.torch import SGD, CyclicLR, Scheduler
from tests.support.small_models import batch, linear, one

SCHEDULERS: list[Callable[[Any], Any]] = [
    lambda optimizer: StepLR(optimizer, 2, 0.5),
    lambda optimizer: CosineAnnealingLR(optimizer, 4),
    lambda optimizer: OneCycleLR(optimizer, 0.2, 6),
    lambda optimizer: LambdaLR(optimizer, [lambda t: 1 / (t + 1), lambda t: 0.5**t]),
    lambda optimizer: torch.optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.2, 2),
    lambda optimizer: CyclicLR(optimizer, 0.01, 0.2, 2),
    lambda optimizer: Scheduler(optimizer, lrcore.OneCycle(0.2, 6), momentum=lrcore.Linear(0.9, 0.5, 6)),
]


@pytest.mark.parametrize("tensor_lr", [False, True])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_any_scheduler_drives_both_alike(scheduler: Callable[[Any], Any], tensor_lr: bool) -> None:
    models = linear(), linear()
    for model, make in zip(models, (SGD, torch.optim.SGD), strict=True):
        lrs = [torch.tensor(lr, dtype=torch.float64) if tensor_lr else lr for lr in (0.1, 0.05)]
        groups = [{"params": [model.weight], "lr": lrs[0]}, {"params": [model.bias], "lr": lrs[1]}]
        optimizer = make(groups, lr=1.0, momentum=0.9, nesterov=True)
        schedule = scheduler(optimizer)
        for update in range(6):
            optimizer.zero_grad()
            model(batch(update)).square().mean().backward()
            optimizer.step()
            schedule.step()
    assert_close(models[0].state_dict(), models[1].state_dict(), rtol=1e-12, atol=1e-14)


def test_a_scheduler_that_is_stepped_first_warns_as_with_torch() -> None:
    for make in (SGD, torch.optim.SGD):
        schedule = StepLR(make([one()], lr=0.5), 1)
        with pytest.warns(UserWarning, match="before `optimizer.step"):
            schedule.step()
    optimizer = SGD([one()], lr=0.5)
    schedule = StepLR(optimizer, 1)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.05


def test_momentum_may_cycle_through_0_as_in_torch() -> None:
    weights = []
    for make in (SGD, torch.optim.SGD):
        parameter = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
        optimizer = make([parameter], lr=0.1, momentum=0.9, nesterov=True)
        scheduler = torch.optim.lr_scheduler.CyclicLR(
            optimizer, 0.01, 0.1, step_size_up=2, base_momentum=0.0, max_momentum=0.9
        )
        for _ in range(9):
            parameter.grad = parameter.detach().sin()
            optimizer.step()
            scheduler.step()
        weights.append(parameter.detach())
    torch.testing.assert_close(*weights, rtol=1e-14, atol=0)


def test_a_nesterov_state_saved_at_momentum_0_loads() -> None:
    peer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.5, momentum=0.9, nesterov=True)
    peer.param_groups[0]["momentum"] = 0.0
    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = SGD([parameter])
    optimizer.load_state_dict(peer.state_dict())
    parameter.grad = torch.ones(1)
    optimizer.step()
    assert parameter.item() == 0.5
