"""A 100-point range test: beside torch-lr-finder's on a small MLP, and beside plain training of lrcore's CIFAR model.

usage: python benchmarks/bench_range_test.py [--repeats 15] [--cifar-repeats 5]

Both finders restore the model, lrcore by itself and torch-lr-finder by its reset(). Its progress bar cannot be turned
off, lrcore's is on by default: both are drawn into memory here. Wall and CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import gc
import io
import itertools
import os
import statistics
import time
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from lrcore import Constant
from lrcore.cifar.data import load
from lrcore.cifar.models.torch_model import build_torch_model, parameter_groups
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.range_test import first_batches
from lrcore.cifar.training.settings import Settings
from lrcore.torch import SGD, LRFinder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch_lr_finder

POINTS = 100
# So small that all updates, with and without a finder, are done on nearly the same weights, and no test ends early.
LR = 1e-9
SWEEP = {"start_lr": LR, "end_lr": 1e3 * LR, "num_iter": POINTS}


class Seconds(NamedTuple):
    """How long something took."""

    wall: float
    cpu: float


def interleaved(candidates: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[Seconds]]:
    """The times of `repeats` rounds of calls, each begun by another candidate, after one round that is not timed."""
    times: dict[str, list[Seconds]] = {name: [] for name in candidates}
    names = deque(candidates)
    for round_ in range(repeats + 1):
        for name in names:
            seconds = timed(candidates[name])
            if round_ > 0:
                times[name].append(seconds)
        names.rotate()
    return times


def timed(call: Callable[[], object]) -> Seconds:
    """How long `call` takes, with what it prints kept from the screen and no garbage of others to collect."""
    gc.collect()
    with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def median(times: list[Seconds]) -> Seconds:
    """The medians of wall and CPU time."""
    return Seconds(*(statistics.median(column) for column in zip(*times, strict=True)))


def mlp_candidates() -> dict[str, Callable[[], object]]:
    """Range tests on an MLP of 64-64-64-10 at batch size 64, with a DataLoader as torch-lr-finder needs it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9)
    loader = DataLoader(TensorDataset(torch.randn(1024, 64), torch.randint(10, (1024,))), batch_size=64, shuffle=True)

    def lrcore(progress: bool) -> None:
        finder = LRFinder(model, optimizer, functional.cross_entropy)
        assert len(finder.range_test(loader, **SWEEP, progress=progress).lrs) == POINTS

    def peer() -> None:
        finder = torch_lr_finder.LRFinder(model, optimizer, functional.cross_entropy)
        finder.range_test(loader, **SWEEP)
        finder.reset()
        assert len(finder.history["lr"]) == POINTS
        optimizer.param_groups[0].pop("initial_lr", None)  # which it leaves behind, and refuses the next time

    def plain() -> None:
        batches = itertools.islice(itertools.chain.from_iterable(itertools.repeat(loader)), POINTS)
        for inputs, targets in batches:
            train(model, optimizer, inputs, targets)

    return {
        "lrcore": lambda: lrcore(progress=True),
        "lrcore, no progress bar": lambda: lrcore(progress=False),
        "torch-lr-finder with reset()": peer,
        "100 plain updates": plain,
    }


def cifar_candidates() -> dict[str, Callable[[], object]]:
    """A range test on the model `quick` at batch size 128, beside the same updates without a finder."""
    settings = Settings("torch", "synthetic", "quick", Constant(1e-3), epochs=1, batch_size=128, seed=0)
    experiment = Experiment.prepare(settings, load("synthetic"))
    model = build_torch_model(experiment.spec, experiment.weights)
    optimizer = SGD(parameter_groups(model, experiment.spec), lr=LR, momentum=0.9, nesterov=True)
    arrays = first_batches(experiment, POINTS)
    batches = [(torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)) for images, labels in arrays]

    def range_test() -> None:
        finder = LRFinder(model, optimizer, functional.cross_entropy)
        assert len(finder.range_test(batches, **SWEEP, progress=False).lrs) == POINTS

    def plain() -> None:
        for inputs, targets in batches:
            train(model, optimizer, inputs, targets)

    return {"range test": range_test, "100 plain updates": plain}


def train(model: nn.Module, optimizer: torch.optim.Optimizer, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """One plain update."""
    optimizer.zero_grad()
    loss = functional.cross_entropy(model(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def excess(times: list[Seconds], others: list[Seconds]) -> Seconds:
    """By what share `times` are longer than `others`: the median over the rounds, which have one of each."""
    return median(
        [Seconds(*(a / b - 1 for a, b in zip(*pair, strict=True))) for pair in zip(times, others, strict=True)]
    )


def print_mlp(console: Console, repeats: int) -> None:
    """A table of the finders on the MLP."""
    times = interleaved(mlp_candidates(), repeats)
    table = Table("small MLP, 100 points", "wall ms", "CPU ms", title=f"medians of {repeats} interleaved repeats")
    for name, each in times.items():
        table.add_row(name, *(f"{seconds * 1e3:.1f}" for seconds in median(each)))
    for name in ("lrcore", "lrcore, no progress bar"):
        shares = excess(times[name], times["torch-lr-finder with reset()"])
        table.add_row(f"{name}, beside torch-lr-finder", *(f"{share:+.1%}" for share in shares))
    console.print(table)


def print_cifar(console: Console, repeats: int) -> None:
    """What share of the plain updates' time the finder takes on top."""
    times = interleaved(cifar_candidates(), repeats)
    table = Table("quick, 100 updates", "wall s", "CPU s", title=f"medians of {repeats} interleaved repeats")
    for name, each in times.items():
        table.add_row(name, *(f"{seconds:.2f}" for seconds in median(each)))
    shares = excess(times["range test"], times["100 plain updates"])
    table.add_row("the finder's own time", *(f"{share:+.1%}" for share in shares))
    console.print(table)


def main() -> None:
    """Print both tables, with the load of the machine before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--cifar-repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = Console()
    console.print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print_mlp(console, arguments.repeats)
    print_cifar(console, arguments.cifar_repeats)
    console.print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
