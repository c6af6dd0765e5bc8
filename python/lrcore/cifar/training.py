"""One training run, from settings to a finished run folder."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console

import lrcore
from lrcore.cifar.auto import Auto
from lrcore.cifar.checkpoint import Checkpoint
from lrcore.cifar.data import Dataset
from lrcore.cifar.ending import ending_warning
from lrcore.cifar.experiment import Experiment
from lrcore.cifar.finding import find, save
from lrcore.cifar.progress import report_progress
from lrcore.cifar.records import Records
from lrcore.cifar.results import Outcome, write_results
from lrcore.cifar.run import Run
from lrcore.cifar.run_folder import RunFolder
from lrcore.cifar.settings import Settings
from lrcore.cifar.trainer import Sweep
from lrcore.schedules import Schedule


def run_config(settings: Settings, data: Dataset) -> dict[str, Any]:
    """What config.json records: the settings, the data, the versions and the machine that made the run."""
    return {
        "settings": settings.to_dict(),
        "data": {
            "sha256": data.sha256,
            "source": data.source,
            "synthetic": data.synthetic,
            "train": len(data.train_labels),
            "test": len(data.test_labels),
        },
        "versions": {"lrcore": lrcore.__version__} | _versions("numpy", "torch", "keras", "tensorflow"),
        "machine": {
            "platform": platform.platform(),
            "python": platform.python_version(),
            "cpu_count": os.cpu_count(),
        },
    }


def train(
    settings: Settings,
    experiment: Experiment,
    folder: RunFolder,
    console: Console,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Train, evaluate on the test images once, and fill `folder`; what was reached is kept if it is interrupted.

    Args:
        settings: What to do.
        experiment: Model, data and initial weights of these settings.
        folder: The run's folder; with a checkpoint one that holds the records up to it.
        console: Where the progress is shown.
        checkpoint: Where to go on; None begins anew.

    Raises:
        Diverged: When the loss did, and a rollback was not asked for or did not help.
    """
    settings = _without_auto(settings, experiment, folder, console)
    with _run(settings, experiment, folder, console, checkpoint) as run:
        run.finish()
        return write_results(run, settings, experiment, folder)


def _without_auto(settings: Settings, experiment: Experiment, folder: RunFolder, console: Console) -> Settings:
    """The settings with the schedule that a range test gave, where one was to decide."""
    if not isinstance(settings.schedule, Auto):
        return settings
    result = find(experiment, settings, Sweep(), console)
    save(result, folder.path)
    updates = settings.epochs * len(experiment.training)
    settings = replace(settings, schedule=settings.schedule.schedule(result, updates, settings.epochs))
    folder.write_config({**folder.read_config(), "settings": settings.to_dict()})
    console.print(f"schedule: {settings.schedule!r}", soft_wrap=True)
    return settings


@contextmanager
def _run(
    settings: Settings, experiment: Experiment, folder: RunFolder, console: Console, checkpoint: Checkpoint | None
) -> Iterator[Run]:
    """The run, ready to do its next update; its records are closed on any exit."""
    step, log_lines = (checkpoint.step, checkpoint.run["log_lines"]) if checkpoint else (0, 0)
    updates = settings.epochs * len(experiment.training)
    with (
        Records(folder, step, log_lines, settings.tensorboard) as records,
        report_progress(settings.framework, updates, console) as report,
    ):
        run = Run(settings, experiment, folder, records, report)
        if checkpoint is None:
            _warn(run, settings)
            run.save()
        else:
            run.restore(checkpoint)
            folder.checkpoints.discard_after(step)
        yield run


def _warn(run: Run, settings: Settings) -> None:
    warning = ending_warning(settings.schedule, run.updates) if isinstance(settings.schedule, Schedule) else None
    if warning is not None:
        run.tell("warning", warning)


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
