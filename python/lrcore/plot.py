"""Figures of schedules, range tests and traces, drawn with matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrcore._axes import decorate, limit_to_descent, new_axes, overlay_style
from lrcore.range_test._plot import draw_range_test
from lrcore.range_test._result import RangeTestResult
from lrcore.schedules._plot import plot_schedule
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decorate", "limit_to_descent", "new_axes", "plot_range_test", "plot_schedule", "plot_trace"]


def plot_range_test(
    result: RangeTestResult,
    ax: Axes | None = None,
    show: bool = False,
    save: str | os.PathLike[str] | None = None,
) -> Axes:
    """Draw loss over learning rate, with every learning rate that the result suggests.

    The dots are the raw losses, the line is their smoothing without lag. The red dot and the green band are the static
    learning rate and the bounds of a cycle that lrcore reads from it; the labels above are the readings of other
    finders, see `RangeTestResult.suggestions`. The loss axis shows the descent: a curve that diverges leaves the
    picture. Around the mean of several runs lies their standard deviation; a metric has an axis of its own.

    Args:
        result: What to draw.
        ax: Where to draw; a new figure if None.
        show: Whether to show the figure in a window.
        save: File to write the figure to, in the format that its name ends with.

    Raises:
        ImportError: When matplotlib is not installed.
        OSError: When the file cannot be written.
    """
    return draw_range_test(result, ax, show, save)


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
