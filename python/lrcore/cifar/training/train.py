"""One training run, from settings to a finished run folder, also resumed from an interrupted one."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console

from lrcore._version import __version__
from lrcore.cifar.data import Dataset
from lrcore.cifar.training.checkpoint import Checkpoint
from lrcore.cifar.training.experiment import Experiment
from lrcore.cifar.training.length_check import run_length_warning
from lrcore.cifar.training.policies import Auto
from lrcore.cifar.training.progress import report_progress
from lrcore.cifar.training.range_test import find, save
from lrcore.cifar.training.records import Records
from lrcore.cifar.training.results import Outcome, write_results
from lrcore.cifar.training.run import Run
from lrcore.cifar.training.run_folder import RunFolder
from lrcore.cifar.training.settings import OPTIONS_OF_TORCH, Settings
from lrcore.cifar.training.trainer import Sweep
from lrcore.schedules import Schedule


def run_config(settings: Settings, data: Dataset) -> dict[str, Any]:
    """Contents of config.json: the settings, the data, the versions and the machine that made the run."""
    return {
        "settings": settings.to_dict(),
        "data": {
            "sha256": data.sha256,
            "source": data.source,
            "synthetic": data.synthetic,
            "train": len(data.train_labels),
            "test": len(data.test_labels),
        },
        "versions": {"lrcore": __version__} | _versions("numpy", "torch", "keras", "tensorflow"),
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
    warning = run_length_warning(settings.schedule, run.updates) if isinstance(settings.schedule, Schedule) else None
    if warning is not None:
        run.log_event("warning", warning)


def _versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True)
class ResumableRun:
    """A run that can be gone on with.

    Args:
        folder: Where it stands.
        settings: What it was asked to do.
        data_sha256: Of the images and labels that it saw.
        checkpoint: Its last state; None when it had not begun.
    """

    folder: RunFolder
    settings: Settings
    data_sha256: str
    checkpoint: Checkpoint | None

    @classmethod
    def open(cls, path: Path) -> ResumableRun:
        """Read the run in this folder.

        Raises:
            ValueError: When it is no run folder, finished or damaged.
        """
        folder = RunFolder.open(path)
        if folder.is_finished:
            raise ValueError(f"run {path} is finished: there is nothing to resume")
        config = folder.read_config()
        try:
            settings, sha256 = Settings.from_dict(config["settings"]), config["data"]["sha256"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path / 'config.json'} is not the config of a run that can be resumed") from error
        return cls(folder, settings, sha256, folder.checkpoints.latest())

    def in_framework(self, framework: str | None) -> Settings:
        """The settings for going on in this framework, None being that of the run."""
        if framework in (None, self.settings.framework):
            return self.settings
        of_torch = {name: Settings.__dataclass_fields__[name].default for name in OPTIONS_OF_TORCH}
        return Settings.from_dict({**self.settings.to_dict(), **of_torch, "framework": framework})

    def continue_in(self, out: Path | None, settings: Settings, data: Dataset) -> RunFolder:
        """The folder to go on in: that of the run, or a new one that gets a copy of its records.

        Raises:
            ValueError: When these are not its data, the framework changes and there is no new folder, or the new folder
                is not empty.
            OSError: When it cannot be written.
        """
        self._require_same(data)
        if out is None:
            if settings.framework != self.settings.framework:
                raise ValueError(f"--out must name a new folder to go on in {settings.framework}")
            return self.folder
        config = {**run_config(settings, data), "resumed_from": str(self.folder.path.resolve())}
        folder = RunFolder.create(out, config)
        if self.checkpoint is not None:
            for name in ("trace.csv", "log.jsonl", "history.csv", "range_test.json", "range_test.png"):
                if (self.folder.path / name).exists():
                    shutil.copyfile(self.folder.path / name, folder.path / name)
            folder.checkpoints.save(self.checkpoint)
        return folder

    def _require_same(self, data: Dataset) -> None:
        if data.sha256 != self.data_sha256:
            raise ValueError(
                f"{data.source} does not hold the data of run {self.folder.path}: their SHA-256 is {data.sha256}, "
                f"not {self.data_sha256}"
            )
