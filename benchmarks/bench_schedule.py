"""Schedules: a scheduler's step() beside torch's, and values() beside the same closed form in NumPy.

usage: python benchmarks/bench_schedule.py
"""

from __future__ import annotations

import numpy as np
import torch
from interleaved import median_times
from rich.console import Console
from rich.table import Table

import lrcore
import lrcore.torch

STEPS = 1_000_000


def optimizer(groups: int) -> torch.optim.Optimizer:
    """An SGD with that many param groups."""
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(groups)], lr=0.1)


def numpy_cyclic(base_lr: float, max_lr: float, up: int) -> np.ndarray:
    """The triangle in vectorised NumPy."""
    position = np.arange(STEPS) % (2 * up)
    return base_lr + (max_lr - base_lr) * (np.minimum(position, 2 * up - position) / up)


def numpy_cosine(base_lr: float, steps: int) -> np.ndarray:
    """The half cosine in vectorised NumPy, in its exact form."""
    return base_lr * np.sin(np.pi / 2 * (steps - np.arange(STEPS)) / steps) ** 2


def main() -> None:
    """Print two tables: microseconds per step(), nanoseconds per value."""
    steps = Table("CyclicLR.step()", "lrcore", "torch", title="us per call, medians")
    for groups in (1, 20):
        make = {"lrcore": lrcore.torch.CyclicLR, "torch": torch.optim.lr_scheduler.CyclicLR}
        optimizers = {name: optimizer(groups) for name in make}
        schedulers = {
            name: scheduler(optimizers[name], 1e-3, 1e-2, cycle_momentum=False) for name, scheduler in make.items()
        }
        for each in optimizers.values():
            each.step()  # torch warns of a scheduler that steps first
        candidates = {name: scheduler.step for name, scheduler in schedulers.items()}
        times = median_times(candidates, repeats=15, calls=2000)
        steps.add_row(f"{groups} groups", *(f"{seconds * 1e6:.2f}" for seconds in times.values()))

    values = Table(f"values of {STEPS:,} steps", "lrcore", "NumPy", title="ns per value, medians")
    cyclic, cosine = lrcore.Cyclic(1e-3, 1e-2, 2000), lrcore.Cosine(0.1, STEPS)
    pairs = {
        "cyclic": {"lrcore": lambda: cyclic.values(0, STEPS), "NumPy": lambda: numpy_cyclic(1e-3, 1e-2, 2000)},
        "cosine": {"lrcore": lambda: cosine.values(0, STEPS), "NumPy": lambda: numpy_cosine(0.1, STEPS)},
    }
    for label, candidates in pairs.items():
        times = median_times(candidates, repeats=9, calls=1)
        values.add_row(label, *(f"{seconds / STEPS * 1e9:.1f}" for seconds in times.values()))
    console = Console()
    console.print(steps)
    console.print(values)


if __name__ == "__main__":
    main()
