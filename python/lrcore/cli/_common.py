"""Options, console output, and the loading of data that several commands share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lrcore.cifar.data import Dataset, Report, load
from lrcore.cifar.training.experiment import Experiment, trainer_class
from lrcore.cifar.training.settings import Settings


@contextmanager
def report_download(console: Console) -> Iterator[Report]:
    """Show how a download goes on, if there is one; yields what `load` tells of it."""

    def log(line: str) -> None:
        console.print(line, soft_wrap=True)

    if not console.is_terminal:
        yield Report(DownloadLines(console), log)
        return
    bar = _bar(console)
    try:
        yield Report(_DownloadBar(bar), log)
    finally:
        bar.stop()


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


class _DownloadBar:
    """Starts the bar with the first bytes, and again where a download begins anew."""

    def __init__(self, bar: Progress) -> None:
        self._bar, self._task = bar, bar.add_task("CIFAR-10", total=None)
        self._before: tuple[int, int] | None = None

    def __call__(self, received: int, expected: int) -> None:
        if _begins(self._before, received, expected):
            self._bar.reset(self._task, total=expected, completed=received)  # what was here before has no rate
            self._bar.start()
        else:
            self._bar.update(self._task, completed=received)
        self._before = received, expected


class DownloadLines:
    """Prints a line at each tenth of a download.

    Args:
        console: Where to print.
        clock: Seconds, from any start.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._before: tuple[int, int] | None = None
        self._printed, self._since = 0, 0.0

    def __call__(self, received: int, expected: int) -> None:
        """Tell how many of the expected bytes are there."""
        if _begins(self._before, received, expected):
            self._printed, self._since = received, self._clock()
        elif 10 * received // expected > 10 * self._printed // expected:
            self._print(received, expected)
        self._before = received, expected

    def _print(self, received: int, expected: int) -> None:
        """Print a line with the rate since the last one: it tells of now, not of an hour ago."""
        now = self._clock()
        rate = (received - self._printed) / max(now - self._since, 1e-9)
        left = timedelta(seconds=round((expected - received) / rate))
        self._console.print(
            f"downloaded {received / 1e6:.0f} of {expected / 1e6:.0f} MB, {rate / 1e6:.2f} MB/s, {left} left",
            highlight=False,
            soft_wrap=True,
        )
        self._printed, self._since = received, now


def _begins(before: tuple[int, int] | None, received: int, expected: int) -> bool:
    """True if this is another download than the one shown."""
    return before is None or received < before[0] or expected != before[1]


console = Console(highlight=False, markup=False)  # paths may hold brackets


Framework = Annotated[str, typer.Option(help="torch or keras.")]
Data = Annotated[str, typer.Option(help="synthetic, cifar10 (found or downloaded) or a folder that holds CIFAR-10.")]
Model = Annotated[str, typer.Option(help="quick (116,906 weights), guide (454,026) or resnet9 (6,573,120).")]
Epochs = Annotated[int, typer.Option(help="Passes over the training images.")]
BatchSize = Annotated[int, typer.Option(help="Images per update.")]
Seed = Annotated[int, typer.Option(help="Keys weights, shuffles, augmentation and dropout.")]
Out = Annotated[Path | None, typer.Option(help="New folder for the results; lrcore-runs/NAME-TIME if not given.")]
StartLr = Annotated[float, typer.Option(help="First learning rate of the sweep.")]
EndLr = Annotated[float, typer.Option(help="Last learning rate of the sweep.")]
NumIter = Annotated[int, typer.Option(help="Updates of the sweep.")]


NAMED_DATA = ("synthetic", "cifar10")


def prepare(settings: Settings) -> tuple[Experiment, Dataset]:
    """The data, and the experiment on them."""
    trainer_class(settings.framework)
    images = load_images(settings.data)
    return Experiment.prepare(settings, images), images


def load_images(data: str) -> Dataset:
    """Load the images and say which they are."""
    with report_download(console) as report:
        images = load(data, report=report)
    if images.synthetic:
        console.print(
            "NOTE: synthetic images, not CIFAR-10: accuracies say nothing about CIFAR-10.", style="bold yellow"
        )
    console.print(
        f"data: {images.source}, {len(images.train_labels)} + {len(images.test_labels)} images", soft_wrap=True
    )
    return images


def resolve_data_path(data: str) -> str:
    """A data folder by its full name, so that a run can be resumed from anywhere."""
    return data if data in NAMED_DATA else str(Path(data).absolute())


def out_folder(chosen: Path | None, name: str) -> Path:
    """The folder that was chosen, or one that is named after the command and the time."""
    return chosen if chosen is not None else Path("lrcore-runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
