"""A scheduler's step() beside torch's own, and a jump to step 10^6.

usage: python benchmarks/bench_scheduler_step.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from interleaved import median_times
from rich.console import Console
from rich.table import Table
from torch.optim import lr_scheduler

import lrcore
import lrcore.torch

REPEATS, CALLS = 21, 2000
JUMP = 10**6
LIBRARIES = {"lrcore": lrcore.torch, "torch": lr_scheduler}
Make = Callable[[Any, torch.optim.Optimizer], Any]
LENGTH = 10**9  # longer than all calls

SCHEDULERS: dict[str, Make] = {
    "CyclicLR": lambda library, optimizer: library.CyclicLR(optimizer, 1e-3, 1e-2),
    "CyclicLR, no momentum": lambda library, optimizer: library.CyclicLR(optimizer, 1e-3, 1e-2, cycle_momentum=False),
    "OneCycleLR": lambda library, optimizer: library.OneCycleLR(optimizer, 0.1, LENGTH),
    "OneCycleLR, no momentum": lambda library, optimizer: library.OneCycleLR(
        optimizer, 0.1, LENGTH, cycle_momentum=False
    ),
    "CosineAnnealingLR": lambda library, optimizer: library.CosineAnnealingLR(optimizer, LENGTH),
    "SequentialLR": lambda library, optimizer: library.SequentialLR(
        optimizer, [library.LinearLR(optimizer), library.CosineAnnealingLR(optimizer, LENGTH)], [100]
    ),
    "ChainedScheduler": lambda library, optimizer: library.ChainedScheduler(
        [library.ConstantLR(optimizer), library.ExponentialLR(optimizer, 0.999999)]
    ),
}


def sgd(groups: int, different: bool = False) -> torch.optim.Optimizer:
    """An SGD with that many param groups, of one learning rate or of as many."""
    made = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.1 + 0.01 * index * different}
        for index in range(groups)
    ]
    return torch.optim.SGD(made, momentum=0.9)


def scheduler(library: Any, make: Make, optimizer: torch.optim.Optimizer) -> Any:
    """A scheduler that has begun."""
    made = make(library, optimizer)
    optimizer.step()  # torch warns of a scheduler that steps first
    made.step()
    return made


def row(label: str, steps: dict[str, Callable[[], object]]) -> tuple[str, ...]:
    """Both times in microseconds and how many times as fast lrcore is."""
    times = median_times(steps, REPEATS, CALLS)
    ratio = times["torch"] / times["lrcore"]
    return label, *(f"{seconds * 1e6:.2f}" for seconds in times.values()), f"{ratio:.1f}x"


def step_rows() -> list[tuple[str, ...]]:
    """One row for each scheduler and number of groups."""
    rows = []
    for name, make in SCHEDULERS.items():
        for groups, different in ((1, False), (20, False), (20, True)):
            made = {key: scheduler(library, make, sgd(groups, different)).step for key, library in LIBRARIES.items()}
            label = f"{name}, {groups} group{'s' * (groups > 1)}{' of different lr' * different}"
            rows.append(row(label, made))
    return rows


def jump_rows() -> list[tuple[str, ...]]:
    """How long it takes to get to step 10^6: torch steps there."""
    rows = []
    for name in ("CyclicLR", "OneCycleLR"):
        ours = scheduler(lrcore.torch, SCHEDULERS[name], sgd(1))
        theirs = scheduler(lr_scheduler, SCHEDULERS[name], sgd(1))

        def steps(theirs: Any = theirs) -> None:
            for _ in range(JUMP):
                theirs.step()

        far = median_times({"lrcore": lambda ours=ours: ours.step(JUMP)}, repeats=REPEATS, calls=CALLS)["lrcore"]
        near = median_times({"lrcore": lambda ours=ours: ours.step(1)}, repeats=REPEATS, calls=CALLS)["lrcore"]
        stepped = median_times({"torch": steps}, repeats=1, calls=1)["torch"]
        rows.append((f"{name} (to step 1: {near * 1e6:.2f})", f"{far * 1e6:.2f}", f"{stepped * 1e6:,.0f}", ""))
    return rows


def main() -> None:
    """Print a table of the medians."""
    warnings.simplefilter("ignore")
    table = Table("step()", "lrcore", "torch", "torch / lrcore", title="us per call, medians of interleaved repeats")
    for cells in step_rows():
        table.add_row(*cells)
    table.add_section()
    for cells in jump_rows():
        table.add_row(f"to step {JUMP:,}: {cells[0]}", *cells[1:])
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
