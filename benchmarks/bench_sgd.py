"""One optimizer.step() with momentum, Nesterov and weight decay: lrcore.torch.SGD beside torch.optim.SGD, on the CPU.

usage: python benchmarks/bench_sgd.py
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from interleaved import median_times
from rich.console import Console
from rich.table import Table

import lrcore.torch

OPTIONS = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True}
SIZES = {"454 k / 30": [15_134] * 30, "1 M / 1000": [1_000] * 1000, "11 M / 62": [180_000] * 62}


def stepper(make: Callable[..., torch.optim.Optimizer], sizes: list[int], **options: object) -> Callable[[], object]:
    """The step of an optimizer over parameters of these sizes with fixed gradients."""
    parameters = [torch.nn.Parameter(torch.randn(size)) for size in sizes]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return make(parameters, **OPTIONS, **options).step


def main() -> None:
    """Print a table of microseconds per step."""
    table = Table("weights / tensors", "lrcore", "torch", "torch foreach", "torch fused", title="us per step, medians")
    for label, sizes in SIZES.items():
        candidates = {
            "lrcore": stepper(lrcore.torch.SGD, sizes),
            "torch": stepper(torch.optim.SGD, sizes, foreach=False),
            "foreach": stepper(torch.optim.SGD, sizes, foreach=True),
            "fused": stepper(torch.optim.SGD, sizes, fused=True),
        }
        times = median_times(candidates, repeats=15, calls=5)
        table.add_row(label, *(f"{seconds * 1e6:,.0f}" for seconds in times.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
