"""Figures of schedules, range tests and traces, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrcore._axes import decorate, limit_to_descent, new_axes, overlay_style
from lrcore.range_test._plot import plot_range_test
from lrcore.schedules._plot import plot_schedule
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decorate", "limit_to_descent", "new_axes", "plot_range_test", "plot_schedule", "plot_trace"]


def plot_trace(traces: Mapping[str, Trace], ax: Axes | None = None) -> Axes:
    """Draw the learning rates of one run or more; where runs agree, the dashes of the later show the earlier below.

    Args:
        traces: The trace of each run, by the name that the legend gives it.
        ax: Where to draw; a new figure if None.

    Raises:
        ImportError: When matplotlib is not installed.
    """
    ax = new_axes() if ax is None else ax
    for index, (name, trace) in enumerate(traces.items()):
        ax.plot(trace.step, trace.lr, label=name, **overlay_style(index))
    ax.set(xlabel="update", ylabel="learning rate")
    decorate(ax)
    return ax
