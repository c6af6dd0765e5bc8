"""How long it took."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from lrcore.cifar.report.blocks import Section
from lrcore.cifar.report.cells import NOTHING, decimal, duration, whole
from lrcore.cifar.report.pace import updates_done, updates_per_second
from lrcore.cifar.report.recorded_run import Missing, RecordedRun
from lrcore.cifar.report.side_by_side import side_by_side

LINES = {
    "Training": lambda run: duration(run.outcome("seconds")),
    "Epochs": lambda run: whole(len(_seconds(run))) if _seconds(run) else NOTHING,
    "Seconds per epoch": lambda run: _spread(_seconds(run)),
    "Updates": lambda run: whole(updates_done(run)),
    "Updates per second": lambda run: decimal(updates_per_second(run)),
}


def times(runs: Sequence[RecordedRun]) -> Section:
    """Wall times, validation included, and the pace."""
    return Section("Times", [side_by_side("Wall time, validation included", runs, LINES)])


def _seconds(run: RecordedRun) -> list[float]:
    return [] if isinstance(run.history, Missing) else [epoch.seconds for epoch in run.history]


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return NOTHING
    return f"{decimal(fmean(seconds))} ({decimal(min(seconds))} to {decimal(max(seconds))})"
