"""One range test on CIFAR, from an experiment to a result with its figure."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path

from rich.console import Console

from lrcore.cifar.pipeline.batches import Batch
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.figures import save_range_test
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import Settings
from lrcore.cifar.training.trainer import Sweep
from lrcore.range_test import RangeTestResult


def find(experiment: Experiment, settings: Settings, sweep: Sweep, console: Console) -> RangeTestResult:
    """Do `sweep` from the initial weights over the batches that training would see first."""
    lrs = f"from lr {sweep.start_lr:g} to {sweep.end_lr:g}"
    console.print(f"range test: {sweep.num_iter} updates {lrs} in {settings.framework}")
    trainer = experiment.trainer(settings)
    result = trainer.range_test(first_batches(experiment, sweep.num_iter), sweep)
    console.print(f"stopped: {result.stop_reason.name} after {len(result.lrs)} updates")
    return result


def first_batches(experiment: Experiment, count: int) -> list[Batch]:
    """The first `count` batches of training, running on into later epochs."""
    epochs = range(-(-count // len(experiment.training)))
    return list(islice(chain.from_iterable(experiment.training.epoch(epoch) for epoch in epochs), count))


def save(result: RangeTestResult, folder: Path) -> None:
    """Write range_test.json and range_test.png."""
    RunFolder(folder).write_json("range_test.json", result.to_dict())
    save_range_test(result, folder / "range_test.png")
