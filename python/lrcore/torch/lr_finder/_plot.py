"""The figure of a finder: smoothed loss over learning rate, without what was left out at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrcore._axes import decorate, limit_to_descent, new_axes
from lrcore._validation import as_float, as_int
from lrcore.range_test import RangeTestResult
from lrcore.suggestions._steepest_descent import Suggestion

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_SHOWN = 10


def plot_finder(
    result: RangeTestResult,
    *,
    skip_start: int,
    skip_end: int,
    log_lr: bool,
    show_lr: float | None,
    ax: Axes | None,
    found: Suggestion | None,
) -> Axes:
    """Draw `result`, with the learning rate that was `found` in it or the reason why none was.

    Args:
        result: What to draw.
        skip_start: Points to leave out at the beginning; fewer, where less than ten would remain.
        skip_end: Points to leave out at the end, likewise.
        log_lr: Whether the axis of the learning rate is logarithmic.
        show_lr: A learning rate to mark with a line.
        ax: Where to draw; None: a new figure, which is shown if that needs a window of its own and can have one.
        found: The learning rate to mark; None: none.

    Raises:
        ValueError: When a number of points is negative or `show_lr` is not greater than 0.
    """
    shown = _shown(len(result.lrs), _points("skip_start", skip_start), _points("skip_end", skip_end))
    if show_lr is not None and not as_float("show_lr", show_lr) > 0:
        raise ValueError(f"show_lr must be greater than 0, but got {show_lr}")
    drawn = new_axes() if ax is None else ax
    drawn.plot(result.lrs[shown], result.losses[shown], ".", color="C0", alpha=0.35, markersize=5, label="loss")
    drawn.plot(result.lrs[shown], result.smoothed_losses[shown], color="C0", linewidth=1.8, label="smoothed loss")
    drawn.set(xscale="log" if log_lr else "linear", xlabel="learning rate", ylabel="loss")
    limit_to_descent(drawn, result.losses[shown])
    if found is not None:
        _mark(drawn, result, found)
    if show_lr is not None:
        drawn.axvline(show_lr, color="C3", linewidth=1.2, label=f"lr {show_lr:.2g}")
    decorate(drawn)
    if ax is None:
        _show(drawn)
    return drawn


def _points(name: str, value: int) -> int:
    if as_int(name, value) < 0:
        raise ValueError(f"{name} must not be negative, but got {value}")
    return value


def _shown(points: int, skip_start: int, skip_end: int) -> slice:
    most = max(points - MIN_SHOWN, 0)
    skip_start = min(skip_start, most)
    return slice(skip_start, points - min(skip_end, most - skip_start))


def _mark(ax: Axes, result: RangeTestResult, found: Suggestion) -> None:
    if found.lr is None:
        ax.set_title(f"no suggestion: {found.reason}", fontsize="medium")
        return
    loss = np.interp(np.log(found.lr), np.log(result.lrs), result.smoothed_losses)
    ax.plot(found.lr, loss, "o", color="C3", markersize=7, label=f"suggested lr {found.lr:.2g}")


def _show(ax: Axes) -> None:
    from matplotlib import pyplot

    # Notebooks and backends without windows have no such framework: there is nothing to show, or it shows itself.
    if ax.figure.canvas.required_interactive_framework is not None:
        pyplot.show()
