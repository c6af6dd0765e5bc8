"""What comes before any training: all that bad input can make fail, before a folder is made."""

from __future__ import annotations

import time
from pathlib import Path

from lrcore.cifar.data import Dataset, load
from lrcore.cifar.download_progress import report_download
from lrcore.cifar.experiment import Experiment, trainer_class
from lrcore.cifar.settings import Settings
from lrcore.commands.console import console

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


def place(data: str) -> str:
    """A data folder by its full name, so that a run can be resumed from anywhere."""
    return data if data in NAMED_DATA else str(Path(data).absolute())


def out_folder(chosen: Path | None, name: str) -> Path:
    """The folder that was chosen, or one that is named after the command and the time."""
    return chosen if chosen is not None else Path("lrcore-runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
