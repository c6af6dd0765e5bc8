"""Figures of CIFAR runs, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from lrcore._axes import DPI
from lrcore.cifar.training.run_folder import Epoch
from lrcore.plot import plot_range_test, plot_schedule, plot_trace
from lrcore.range_test import RangeTestResult
from lrcore.schedules import Schedule
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE_WIDTH = 1.8  # of the last run
MOST_MARKED = 20  # epochs


def save_history(histories: Mapping[str, Sequence[Epoch]], path: Path) -> None:
    """Write the figure of `draw_history`."""
    draw_history(histories).savefig(path, dpi=DPI)


def draw_history(histories: Mapping[str, Sequence[Epoch]]) -> Figure:
    """Two panels, accuracy and loss by epoch: dotted and hollow while training, solid on the validation images.

    A later run is drawn thinner, so that where two runs agree the earlier shows below it. Epochs are marked while they
    can be told apart.
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        for index, (label, epochs) in enumerate(histories.items()):
            width = LINE_WIDTH * (len(histories) - index)
            _plot_metric(axes, metric, label, epochs, {"color": f"C{index}", "linewidth": width})
        axes.set(xlabel="epoch", ylabel=metric)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _plot_metric(axes: Axes, metric: str, label: str, epochs: Sequence[Epoch], style: Mapping[str, Any]) -> None:
    for part, line, fill in (("training", ":", "none"), ("validation", "-", "full")):
        values = [getattr(getattr(epoch, part), metric) for epoch in epochs]
        marker = "o" if len(values) <= MOST_MARKED else None
        drawn = {"marker": marker, "fillstyle": fill, "label": f"{label}, {part}", **style}
        axes.plot(range(1, len(values) + 1), values, line, **drawn)


def save_trace(traces: Mapping[str, Trace], path: Path) -> None:
    """The learning rate of every update, one line per run."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    plot_trace(traces, figure.subplots())
    figure.savefig(path, dpi=DPI)


def save_range_test(result: RangeTestResult, path: Path) -> None:
    """Loss over learning rate with the bounds that were found."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    plot_range_test(result, figure.subplots())
    figure.savefig(path, dpi=DPI)


def save_schedule(schedule: Schedule, steps: int | None, path: Path, steps_per_epoch: int | None = None) -> None:
    """The learning rate of updates 0 to `steps` - 1, or of as many as the schedule lasts if None."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    plot_schedule(schedule, steps, figure.subplots(), steps_per_epoch=steps_per_epoch)
    figure.savefig(path, dpi=DPI)
