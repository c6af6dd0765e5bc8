"""Effect of a plateau scheduler on the learning rates of an optimizer."""

from __future__ import annotations

from typing import Any

import torch


def sgd(*lrs: float) -> torch.optim.SGD:
    """An optimizer with one parameter in a group for each learning rate."""
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs or (1.0,)])


def lrs(of: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in of.param_groups]


def curve(make: Any, metrics: list[float], *group_lrs: float, **arguments: Any) -> list[list[float]]:
    """The learning rates of the groups after each metric."""
    optimizer = sgd(*group_lrs)
    scheduler = make(optimizer, **arguments)
    rows = []
    for metric in metrics:
        scheduler.step(metric)
        rows.append(lrs(optimizer))
    return rows


def reductions(make: Any, metrics: list[float], **arguments: Any) -> list[int]:
    """The metrics, from 0, after which the learning rate falls."""
    falling = [1.0, *(row[0] for row in curve(make, metrics, **{"factor": 0.9, **arguments}))]
    return [index for index in range(len(metrics)) if falling[index + 1] < falling[index]]
