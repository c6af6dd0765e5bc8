"""Records real range tests, and what each learning rate of a grid makes of the same starting points.

usage: python benchmarks/record_range_tests.py CIFAR10_FOLDER [--out benchmarks/range_tests]

Writes one CSV file (lr, loss) per range test and grid.csv; what is there already is left. A few hours on two cores.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import chain, count, islice, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from lrcore import Constant
from lrcore.cifar.data import Dataset, load
from lrcore.cifar.models.torch_model import build_torch_model
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.settings import Settings
from lrcore.torch import LRFinder

HERE = Path(__file__).parent
SWEEPS = {"sgd": (1e-5, 10.0), "adam": (1e-6, 1.0)}
GRIDS = {"sgd": np.geomspace(1e-4, 1.0, 9), "adam": np.geomspace(1e-5, 1e-1, 9)}
WARM_UP_LRS = {"sgd": 5e-3, "adam": 5e-4}
UPDATES_BEFORE = {"fresh": 0, "trained": 300}
GRID_UPDATES = 300
RANGE_TESTS = [*product(["quick"], SWEEPS, UPDATES_BEFORE, range(3)), *product(["guide"], SWEEPS, ["fresh"], range(3))]
GRID_STARTS = [("quick", *start, seed) for seed in range(3) for start in product(SWEEPS, UPDATES_BEFORE)]
Batch = tuple[torch.Tensor, torch.Tensor]


class Start(NamedTuple):
    """A model, its optimizer and the batches that come next."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    batches: Iterator[Batch]
    experiment: Experiment


def optimizer_of(name: str, model: torch.nn.Module, lr: float) -> torch.optim.Optimizer:
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True, weight_decay=1e-4)
    return torch.optim.Adam(model.parameters(), lr=lr)


def start(data: Dataset, model_name: str, optimizer_name: str, begin: str, seed: int) -> Start:
    settings = Settings("torch", data.source, model_name, Constant(1e-3), epochs=1, batch_size=128, seed=seed)
    experiment = Experiment.prepare(settings, data)
    torch.manual_seed(seed)
    model = build_torch_model(experiment.spec, experiment.weights)
    optimizer = optimizer_of(optimizer_name, model, WARM_UP_LRS[optimizer_name])
    batches = (tensors(*batch) for batch in chain.from_iterable(map(experiment.training.epoch, count())))
    train(model, optimizer, islice(batches, UPDATES_BEFORE[begin]))
    return Start(model, optimizer, batches, experiment)


def tensors(images: np.ndarray, labels: np.ndarray) -> Batch:
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)


def train(model: torch.nn.Module, optimizer: torch.optim.Optimizer, batches: Iterator[Batch]) -> None:
    model.train()
    for inputs, labels in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()


def range_test(data: Dataset, model_name: str, optimizer_name: str, begin: str, seed: int) -> list[tuple[float, ...]]:
    model, optimizer, batches, _ = start(data, model_name, optimizer_name, begin, seed)
    start_lr, end_lr = SWEEPS[optimizer_name]
    finder = LRFinder(model, optimizer, functional.cross_entropy)
    result = finder.range_test(batches, start_lr=start_lr, end_lr=end_lr, num_iter=100)
    return list(zip(result.lrs.tolist(), result.losses.tolist(), strict=True))


def grid(data: Dataset, model_name: str, optimizer_name: str, begin: str, seed: int) -> list[tuple[float, ...]]:
    """(lr, validation loss, validation accuracy) after GRID_UPDATES updates with each learning rate."""
    begun = start(data, model_name, optimizer_name, begin, seed)
    batches = list(islice(begun.batches, GRID_UPDATES))
    rows = []
    for lr in GRIDS[optimizer_name].tolist():
        model, optimizer = deepcopy((begun.model, begun.optimizer))
        for group in optimizer.param_groups:
            group["lr"] = lr
        train(model, optimizer, iter(batches))
        rows.append((lr, *validate(model, begun.experiment)))
    return rows


def validate(model: torch.nn.Module, experiment: Experiment) -> tuple[float, float]:
    model.eval()
    with torch.no_grad():
        outputs = [(model(inputs), labels) for inputs, labels in (tensors(*b) for b in experiment.validation.batches())]
    logits, labels = torch.cat([o for o, _ in outputs]), torch.cat([y for _, y in outputs])
    accuracy = (logits.argmax(dim=1) == labels).double().mean()
    return functional.cross_entropy(logits, labels).item(), accuracy.item()


def record(path: Path, header: str, rows: Callable[[], list[tuple[float, ...]]]) -> None:
    if path.exists():
        return
    values = rows()
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(), *values])
    print(path, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds CIFAR-10")
    parser.add_argument("--out", type=Path, default=HERE / "range_tests")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = load(arguments.data)
    for point in RANGE_TESTS:
        path = arguments.out / f"range_test_{'_'.join(map(str, point))}.csv"
        record(path, "lr loss", lambda point=point: range_test(data, *point))
    for point in GRID_STARTS:
        path = arguments.out / f"grid_{'_'.join(map(str, point))}.csv"
        record(path, "lr validation_loss validation_accuracy", lambda point=point: grid(data, *point))


if __name__ == "__main__":
    main()
