"""Test images that were told wrong."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from lrcore.cifar.report.blocks import Photo, Section, sentences
from lrcore.cifar.report.recorded_run import RecordedRun, present


def misclassified(runs: Sequence[RecordedRun]) -> Section:
    """The figure of misclassified images that each run left."""
    pictures, missing = present(runs, attrgetter("misclassified"))
    photos = [
        Photo(png, f"Misclassified test images of {name}.", f"Misclassified test images of {name}.")
        for name, png in pictures.items()
    ]
    return Section("Misclassified images", [*photos, *sentences(missing)])
