"""What each run recorded about itself before it began, and the hashes of its data and weights."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore.cifar.report.blocks import Section
from lrcore.cifar.report.cells import plain
from lrcore.cifar.report.recorded_run import RecordedRun
from lrcore.cifar.report.side_by_side import recorded_side_by_side, side_by_side


def settings(runs: Sequence[RecordedRun]) -> Section:
    """The settings side by side."""
    return Section(
        "Settings", [recorded_side_by_side("What config.json records; ≠ marks where runs differ.", runs, "settings")]
    )


def versions(runs: Sequence[RecordedRun]) -> Section:
    """The versions and the machine side by side."""
    return Section(
        "Versions and machine",
        [recorded_side_by_side(part.capitalize(), runs, part) for part in ("versions", "machine")],
    )


def data_and_weights(runs: Sequence[RecordedRun]) -> Section:
    """The data side by side, and the hash of the weights that each run ended with."""
    hashes = {run.name: {"sha256": plain(run.outcome("weights_sha256"))} for run in runs}
    weights = side_by_side("Weights at the end", hashes, mark=True)
    return Section("Data and weights", [recorded_side_by_side("Data", runs, "data"), weights])
