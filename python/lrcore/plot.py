"""Figures of schedules, range tests and traces, drawn with matplotlib."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lrcore._arguments import count
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import CyclicMomentum, Exponential, Schedule
from lrcore.smoothing import smooth_centred
from lrcore.suggest import Suggestion
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]


def plot_schedule(schedule: Schedule, steps: int, ax: Axes | None = None) -> Axes:
    """Draw updates 0 to `steps` - 1 of a schedule; `Exponential` on a logarithmic axis.

    Args:
        schedule: What to draw.
        steps: Number of updates, at least 1.
        ax: Where to draw; a new figure if None.

    Raises:
        ValueError: When `steps` is less than 1.
        ImportError: When matplotlib is not installed.
    """
    if count("steps", steps) < 1:
        raise ValueError(f"steps must be at least 1, but got {steps}")
    ax = new_axes() if ax is None else ax
    ax.plot(schedule.values(0, steps), linewidth=1.8)
    ax.set(xlabel="update", ylabel="momentum" if isinstance(schedule, CyclicMomentum) else "learning rate")
    ax.set_title(textwrap.fill(repr(schedule), 80), fontsize="small")
    if isinstance(schedule, Exponential):
        ax.set_yscale("log")
    decorate(ax)
    return ax


def plot_range_test(result: RangeTestResult, ax: Axes | None = None) -> Axes:
    """Draw loss over learning rate, with the learning rates that the result suggests.

    The dots are the raw losses, the line is their smoothing without lag, from which the suggestion is read. The loss
    axis shows the descent: a curve that diverges leaves the picture.

    Args:
        result: What to draw.
        ax: Where to draw; a new figure if None.

    Raises:
        ImportError: When matplotlib is not installed.
    """
    ax = new_axes() if ax is None else ax
    finite = np.isfinite(result.losses)
    lrs, losses = result.lrs[finite], result.losses[finite]
    ax.plot(lrs, losses, ".", color="C0", alpha=0.35, markersize=5, label="loss of each update")
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
    ax.set_title(f"Learning-rate range test ({result.stop_reason.name.replace('_', ' ')})")
    smoothed = smooth_centred(losses)
    if losses.size > 0:
        ax.plot(lrs, smoothed, color="C0", linewidth=1.8, label="smoothed")
    limit_to_descent(ax, losses)
    _mark(ax, result.suggestion(), lrs, smoothed)
    decorate(ax)
    return ax


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
        width, dashes = max(3.6 - 1.8 * index, 1.2), (1, 0) if index == 0 else (3, 1 + index)
        ax.plot(trace.step, trace.lr, color=f"C{index}", linewidth=width, dashes=dashes, label=name)
    ax.set(xlabel="update", ylabel="learning rate")
    decorate(ax)
    return ax


def new_axes() -> Axes:
    """Axes of a new pyplot figure, which a notebook shows by itself and a script by `plt.show()`."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plotting needs matplotlib: pip install 'lrcore[plot]'") from None
    return pyplot.subplots(figsize=(7, 4), layout="constrained")[1]


def decorate(ax: Axes) -> None:
    """Give `ax` the look of all figures: a light grid, no frame, the legend below."""
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=4, frameon=False, fontsize="small")


def limit_to_descent(ax: Axes, losses: Floats) -> None:
    """Limit the loss axis to where the losses fell: a curve that diverges leaves the picture and flattens nothing.

    It reaches from the lowest loss to a little above what came before the bottom of the curve, or at least before its
    middle.
    """
    finite = losses[np.isfinite(losses)]
    if finite.size == 0:
        return
    smoothed = smooth_centred(finite)
    before = slice(max(int(np.argmin(smoothed)), finite.size // 2) + 1)
    low = min(smoothed.min(), np.quantile(finite[before], 0.02))
    high = max(smoothed[before].max(), np.quantile(finite[before], 0.98))
    margin = 0.15 * (high - low) or 1.0
    ax.set_ylim(float(low - margin), float(high + 2 * margin))


def _mark(ax: Axes, found: Suggestion, lrs: Floats, smoothed: Floats) -> None:
    if found.lr is None or found.base_lr is None or found.max_lr is None:
        ax.set_title(f"{ax.get_title()}\nno suggestion: {found.reason}", fontsize="medium")
        return
    cycle = f"cycle {found.base_lr:.2g} to {found.max_lr:.2g}"
    ax.axvspan(found.base_lr, found.max_lr, color="C2", alpha=0.15, linewidth=0, label=cycle)
    loss = np.interp(np.log(found.lr), np.log(lrs), smoothed)
    ax.plot(found.lr, loss, "o", color="C3", markersize=7, label=f"static lr {found.lr:.2g}")
