"""How long it took."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from lrcore.cifar.report.blocks import Section
from lrcore.cifar.report.cells import NOTHING, decimal, duration, plain, whole
from lrcore.cifar.report.pace import updates_done, updates_per_second
from lrcore.cifar.report.recorded_run import Missing, RecordedRun
from lrcore.cifar.report.side_by_side import side_by_side


def times(runs: Sequence[RecordedRun]) -> Section:
    """Wall times, validation included, and the pace."""
    return Section("Times", [side_by_side("Wall time, validation included", {run.name: _texts(run) for run in runs})])


def _texts(run: RecordedRun) -> dict[str, str]:
    seconds = [] if isinstance(run.history, Missing) else [epoch.seconds for epoch in run.history]
    return {
        "Training": duration(run.outcome("seconds")),
        "Epochs": whole(len(seconds)),
        "Time per epoch": duration(fmean(seconds)) if seconds else NOTHING,
        "Fastest epoch": duration(min(seconds, default=None)),
        "Slowest epoch": duration(max(seconds, default=None)),
        "Updates": whole(updates_done(run)),
        "Updates per second": decimal(updates_per_second(run)),
        "Completed": plain(run.outcome("completed")),
    }
