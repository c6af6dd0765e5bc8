"""Runs of torch optimizers under a scheduler, and the schedulers of torch and of lrcore by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.optim import lr_scheduler, swa_utils

import lrcore.torch

# Arguments after the optimizer; lrs of the groups are GROUP_LRS.
GROUP_LRS = (0.1, 0.02, 0.5)
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "StepLR": [{"step_size": 7}, {"step_size": 30, "gamma": 0.5}],
    "MultiStepLR": [{"milestones": [30, 80], "gamma": 0.3}, {"milestones": [5, 5, 9]}, {"milestones": [9, 3]}],
    "ConstantLR": [{}, {"factor": 0.5, "total_iters": 40}],
    "LinearLR": [{}, {"start_factor": 0.01, "end_factor": 0.5, "total_iters": 50}],
    "ExponentialLR": [{"gamma": 0.97}],
    "PolynomialLR": [{"total_iters": 60, "power": 2.0}, {"total_iters": 390}],
    "CosineAnnealingLR": [{"T_max": 50}, {"T_max": 180, "eta_min": 0.001}, {"T_max": 50, "eta_min": 0.05}],
    "CosineAnnealingWarmRestarts": [{"T_0": 20}, {"T_0": 7, "T_mult": 2, "eta_min": 0.001}, {"T_0": 1, "T_mult": 3}],
    "CyclicLR": [
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 20},
        {"base_lr": [0.01, 0.02, 0.03], "max_lr": 0.1, "step_size_up": 20, "step_size_down": 9, "mode": "triangular2"},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 15, "mode": "exp_range", "gamma": 0.99},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 20, "cycle_momentum": False},
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "base_momentum": [0.5, 0.6, 0.7], "max_momentum": 0.95},
    ],
    "OneCycleLR": [
        {"max_lr": 0.1, "total_steps": 400},
        {"max_lr": [0.1, 0.2, 0.3], "epochs": 4, "steps_per_epoch": 100, "anneal_strategy": "linear"},
        {"max_lr": 0.1, "total_steps": 400, "three_phase": True, "pct_start": 0.25, "base_momentum": 0.7},
        {"max_lr": 0.1, "total_steps": 400, "pct_start": 0.33, "div_factor": 10.0, "final_div_factor": 100.0},
        {"max_lr": 0.1, "total_steps": 400, "cycle_momentum": False},
    ],
    "SWALR": [
        {"swa_lr": 0.05, "anneal_epochs": 50},
        {"swa_lr": [0.05, 0.2, 0.01], "anneal_strategy": "linear"},
        {"swa_lr": 0.05, "anneal_epochs": 0},
    ],
}
CASES = [(name, arguments) for name, variants in ARGUMENTS.items() for arguments in variants]


def groups() -> list[dict[str, Any]]:
    return [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in GROUP_LRS]


OPTIMIZERS: dict[str, Callable[[], torch.optim.Optimizer]] = {
    "sgd": lambda: torch.optim.SGD(groups(), momentum=0.9, weight_decay=1e-4),
    "adam": lambda: torch.optim.Adam(groups(), betas=(0.9, 0.99)),
}


def one_group(lr: float | torch.Tensor = 0.1, momentum: float = 0.0) -> torch.optim.SGD:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=momentum)


def lr(optimizer: torch.optim.Optimizer) -> float:
    """The value in the first group."""
    return float(optimizer.param_groups[0]["lr"])


def ours(name: str) -> Callable[..., lrcore.torch.Scheduler]:
    return getattr(lrcore.torch, name)


def torchs(name: str) -> Callable[..., lr_scheduler.LRScheduler]:
    return swa_utils.SWALR if name == "SWALR" else getattr(lr_scheduler, name)


def momentum(group: dict[str, Any]) -> float:
    return float(group["betas"][0] if "betas" in group else group["momentum"])


def values(optimizer: torch.optim.Optimizer) -> list[tuple[float, float]]:
    """Learning rate and momentum of each group."""
    return [(float(group["lr"]), momentum(group)) for group in optimizer.param_groups]


def run(optimizer: torch.optim.Optimizer, scheduler: Any, steps: int) -> np.ndarray[Any, Any]:
    """The values at each of `steps` updates, as an array of steps x groups x 2."""
    rows = []
    for _ in range(steps):
        rows.append(values(optimizer))
        optimizer.step()
        scheduler.step()
    return np.array(rows)


def stepped(
    build: Callable[[torch.optim.Optimizer], Any], steps: int, optimizer: torch.optim.Optimizer | None = None
) -> tuple[torch.optim.Optimizer, Any]:
    """The optimizer, by default `one_group`, and its scheduler after some updates."""
    optimizer = optimizer or one_group()
    scheduler = build(optimizer)
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
    return optimizer, scheduler
