"""One training run, from settings to a finished run folder."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console

import lrcore
from lrcore.cifar.data import Dataset
from lrcore.cifar.experiment import Experiment
from lrcore.cifar.figures import save_history, save_trace
from lrcore.cifar.progress import Report, report_progress
from lrcore.cifar.run_folder import Epoch, RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Metrics, Trainer, Update
from lrcore.trace import TraceWriter


@dataclass(frozen=True)
class Outcome:
    """What a finished run tells: the history, the test metrics and the wall time of the training, in seconds."""

    history: tuple[Epoch, ...]
    test: Metrics
    seconds: float


def run_config(settings: Settings, data: Dataset) -> dict[str, Any]:
    """What config.json records: the settings, the data and the versions that made the run."""
    return {
        "settings": settings.to_dict(),
        "data": {
            "source": data.source,
            "synthetic": data.synthetic,
            "train": len(data.train_labels),
            "test": len(data.test_labels),
        },
        "versions": {"lrcore": lrcore.__version__} | _versions("numpy", "torch", "keras", "tensorflow"),
    }


def train(settings: Settings, experiment: Experiment, folder: RunFolder, console: Console) -> Outcome:
    """Train, evaluate on the test images once, and fill `folder`; what was reached is kept if it is interrupted."""
    trainer = experiment.trainer(settings.framework, settings.schedule)
    history: list[Epoch] = []
    updates = settings.epochs * len(experiment.training)
    started = time.perf_counter()
    try:
        with folder.trace_writer() as trace, report_progress(settings.framework, updates, console) as report:
            for epoch in range(settings.epochs):
                history.append(_epoch(trainer, experiment, epoch, trace, report))
    finally:
        folder.write_history(history)
    seconds = time.perf_counter() - started
    outcome = Outcome(tuple(history), trainer.evaluate(experiment.test.batches()), seconds)
    _finish(folder, settings, outcome)
    return outcome


def _epoch(trainer: Trainer, experiment: Experiment, epoch: int, trace: TraceWriter, report: Report) -> Epoch:
    def on_update(update: Update) -> None:
        trace.append(*update)
        report(update.lr, update.loss)

    started = time.perf_counter()
    training = trainer.train_epoch(experiment.training, epoch, on_update)
    validation = trainer.evaluate(experiment.validation.batches())
    return Epoch(training, validation, time.perf_counter() - started)


def _finish(folder: RunFolder, settings: Settings, outcome: Outcome) -> None:
    save_history({settings.framework: outcome.history}, folder.path / "history.png")
    save_trace({settings.framework: folder.trace()}, folder.path / "trace.png")
    loss = outcome.test.loss if math.isfinite(outcome.test.loss) else repr(outcome.test.loss)  # JSON knows no NaN
    result = {"test_loss": loss, "test_accuracy": outcome.test.accuracy, "seconds": outcome.seconds}
    folder.write_json("result.json", result)


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
