"""The figure of a range test."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lrcore._axes import decorate, limit_to_descent, new_axes
from lrcore.range_test._result import RangeTestResult
from lrcore.smoothing import smooth_centred
from lrcore.suggestions._steepest_descent import Suggestion

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Floats = npt.NDArray[np.float64]

FONT_SIZE = 7.0  # points, as is the height of a row
ROW = 1.35 * FONT_SIZE


def label_suggestions(ax: Axes, readings: Mapping[str, float | None], lrs: Floats, smoothed: Floats) -> float:
    """Name each reading above the curve, with a line down to its place on it; returns the share of `ax` below the rows.

    Each learning rate has a row of its own, so that no label covers another. Rows go down from the lowest learning rate
    to the highest, so that no line crosses a label that stands on the right of its own.
    """
    names: dict[float, list[str]] = {}
    for name, lr in readings.items():
        if lr is not None:
            names.setdefault(lr, []).append(name.removeprefix("steepest_").replace("_", "-"))
    share = _share_below(ax, rows=len(names))
    low, top = ax.get_ylim()
    ax.set_ylim(low, low + (top - low) / share)
    for row, lr in enumerate(sorted(names)):
        loss = float(np.interp(np.log(lr), np.log(lrs), smoothed))
        if loss <= top:
            ax.plot(lr, loss, "o", color="0.3", markersize=4, markerfacecolor="white")
        _label(ax, row, lr, min(loss, top), f" {', '.join(names[lr])} {lr:.2g} ")
    return share


def _share_below(ax: Axes, rows: int) -> float:
    points = 72 * ax.get_window_extent().height / ax.figure.dpi
    # A little more than the rows need, as the layout will take some height for title and legend.
    return max(1 - 1.25 * rows * ROW / points, 0.4)


def _label(ax: Axes, row: int, lr: float, loss: float, text: str) -> None:
    from matplotlib.transforms import offset_copy

    left, right = np.log(ax.get_xlim())
    on_the_right = np.log(lr) < (left + right) / 2
    ax.annotate(
        text,
        xy=(lr, loss),
        xytext=(lr, 1),
        textcoords=offset_copy(ax.get_xaxis_transform(), ax.figure.canvas.figure, y=-row * ROW - 2, units="points"),
        horizontalalignment="left" if on_the_right else "right",
        verticalalignment="top",
        fontsize=FONT_SIZE,
        color="0.3",
        bbox={"color": "white", "alpha": 0.7, "pad": 0, "linewidth": 0},
        arrowprops={
            "arrowstyle": "-",
            "color": "0.5",
            "linewidth": 0.7,
            "linestyle": ":",
            "relpos": (0 if on_the_right else 1, 0.5),
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


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
    ax = new_axes() if ax is None else ax
    finite = np.isfinite(result.losses)
    lrs, losses = result.lrs[finite], result.losses[finite]
    smoothed = smooth_centred(losses)
    _draw_curve(ax, result, lrs, losses, smoothed)
    _draw_suggestion(ax, result.suggestion(), lrs, smoothed)
    others = {name: lr for name, lr in result.suggestions().items() if name != "lrcore"}
    below_labels = label_suggestions(ax, others, lrs, smoothed)
    _draw_metrics(ax, result, below_labels)
    _widen_lrs(ax)
    decorate(ax)
    _save_and_show(ax, show, save)
    return ax


def _draw_curve(ax: Axes, result: RangeTestResult, lrs: Floats, losses: Floats, smoothed: Floats) -> None:
    name = "loss" if result.training_losses is None else "validation loss"
    of_what = "learning rate" if result.group_lrs is None else "learning rate of the first group"
    ax.set(xscale="log", xlabel=of_what, ylabel=name)
    ax.set_title(f"Learning-rate range test ({result.stop_reason.name.replace('_', ' ')})")
    ax.plot(lrs, losses, ".", color="C0", alpha=0.35, markersize=5, label=name)
    if losses.size > 0:
        ax.plot(lrs, smoothed, color="C0", linewidth=1.8, label="smoothed")
    if result.spread is not None:
        spread = smooth_centred(np.nan_to_num(result.spread[np.isfinite(result.losses)]))
        label = f"standard deviation of {len(result.repeats)} runs"
        ax.fill_between(lrs, smoothed - spread, smoothed + spread, color="C0", alpha=0.2, linewidth=0, label=label)
    limit_to_descent(ax, losses)


def _draw_suggestion(ax: Axes, found: Suggestion, lrs: Floats, smoothed: Floats) -> None:
    if found.reason is not None:
        missing = "suggestion" if found.lr is None else "upper bound"
        ax.set_title(f"{ax.get_title()}\nno {missing}: {found.reason}", fontsize="medium")
    if found.base_lr is not None and found.max_lr is not None:
        cycle = f"cycle {found.base_lr:.2g} to {found.max_lr:.2g}"
        ax.axvspan(found.base_lr, found.max_lr, color="C2", alpha=0.15, linewidth=0, label=cycle)
    if found.lr is not None:
        loss = np.interp(np.log(found.lr), np.log(lrs), smoothed)
        ax.plot(found.lr, loss, "o", color="C3", markersize=7, label=f"static lr {found.lr:.2g}")
        if found.interval is not None:
            ax.plot(found.interval, [loss, loss], color="C3", linewidth=2.5, alpha=0.6, label="80 % interval")


def _draw_metrics(ax: Axes, result: RangeTestResult, below_labels: float) -> None:
    if result.metrics is None:
        return
    finite = np.isfinite(result.metrics)
    lrs, metrics = result.lrs[finite], result.metrics[finite]
    other = ax.twinx()
    other.plot(lrs, metrics, ".", color="C1", alpha=0.35, markersize=3)
    other.plot(lrs, smooth_centred(metrics), color="C1", linewidth=1.2)
    low, high = other.get_ylim()
    other.set_ylim(low, low + (high - low) / below_labels)
    other.set_ylabel("metric", color="C1")
    other.spines["top"].set_visible(False)
    ax.plot([], [], color="C1", linewidth=1.2, label="metric")
    # The loss and the labels lie above.
    ax.set_zorder(other.get_zorder() + 1)
    ax.patch.set_visible(False)


def _widen_lrs(ax: Axes) -> None:
    """Let the axis span half a decade at least: on less, matplotlib writes its tick labels over each other."""
    left, right = ax.get_xlim()
    factor = max(1.0, (10**0.5 * left / right) ** 0.5)
    ax.set_xlim(left / factor, right * factor)


def _save_and_show(ax: Axes, show: bool, save: str | os.PathLike[str] | None) -> None:
    if save is not None:
        ax.figure.canvas.figure.savefig(save)
    if show:
        from matplotlib import pyplot

        pyplot.show()
