"""Param groups that are removed or replaced while a scheduler runs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

import lrcore.torch
from lrcore import Constant, Tabulated
from lrcore.torch import CyclicLR, ExponentialLR, OneCycleLR, Scheduler


def group(lr: float, name: str = "") -> dict[str, Any]:
    return {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr, "name": name}


def lrs(optimizer: torch.optim.Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialLR", {"gamma": 0.9}),
        ("StepLR", {"step_size": 2}),
        ("LinearLR", {"total_iters": 9}),
        ("CosineAnnealingLR", {"T_max": 9}),
        ("OneCycleLR", {"max_lr": [0.1, 0.001], "total_steps": 10}),
    ],
)
def test_the_groups_that_stay_keep_their_learning_rates(name: str, arguments: dict[str, Any]) -> None:
    both = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = torch.optim.SGD([group(0.1), group(0.001)], momentum=0.9)
        scheduler = getattr(library, name)(optimizer, **arguments)
        for _ in range(2):
            optimizer.step()
            scheduler.step()
        del optimizer.param_groups[0]
        scheduler.step()
        both += lrs(optimizer)
    assert both[0] == pytest.approx(both[1], rel=1e-12)


def test_a_replaced_group_starts_from_its_own_learning_rate() -> None:
    optimizer = torch.optim.SGD([group(0.1), group(0.001)])
    scheduler = ExponentialLR(optimizer, 0.5)
    scheduler.step()
    del optimizer.param_groups[1]
    optimizer.add_param_group(group(0.5))
    scheduler.step()
    assert lrs(optimizer) == [0.025, 0.125]
    assert scheduler.base_lrs == [0.1, 0.5]


def test_a_new_group_does_not_take_the_schedule_of_a_removed_one() -> None:
    optimizer = torch.optim.SGD([group(0.1), group(0.1)])
    scheduler = Scheduler(optimizer, [Constant(0.25), Constant(0.5)])
    del optimizer.param_groups[1]
    optimizer.add_param_group(group(0.1))
    scheduler.step()
    assert lrs(optimizer) == [0.25, 0.25]


def test_last_lr_reports_the_present_groups() -> None:
    optimizer = torch.optim.SGD([group(0.1, "a"), group(0.001, "b")])
    named = Scheduler(optimizer, {"b": Constant(0.5)})
    every = CyclicLR(optimizer, [0.1, 0.2], [0.3, 0.4])
    assert named.get_last_lr() == [0.1, 0.5]
    del optimizer.param_groups[0]
    assert named.get_last_lr() == [0.5]
    assert every.get_last_lr() == every.base_lrs == [0.2]


def test_groups_rebuilt_by_loading_are_recognised() -> None:
    optimizer = torch.optim.SGD([group(0.1), group(0.1)])
    scheduler = OneCycleLR(optimizer, [0.1, 0.2], total_steps=10)
    del optimizer.param_groups[0]
    scheduler.step()
    optimizer.load_state_dict(optimizer.state_dict())
    scheduler.step()
    other = torch.optim.SGD([group(0.1)])
    OneCycleLR(other, 0.2, total_steps=10).step(2)
    assert lrs(optimizer) == lrs(other)


class Wrapper:
    def __init__(self, *groups: dict[str, Any]) -> None:
        self.param_groups = groups


def test_groups_may_be_a_tuple() -> None:
    wrapper = Wrapper({"lr": 0.1}, {"lr": 0.2})
    scheduler = Scheduler(wrapper, Tabulated([0.5, 0.25]))  # type: ignore[arg-type]
    scheduler.step()
    assert [group["lr"] for group in wrapper.param_groups] == scheduler.get_last_lr() == [0.25, 0.25]
