"""Curves of several runs in one figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lrcore.axes import decorate, limit_to_descent, overlaid
from lrcore.range_test_result import RangeTestResult
from lrcore.smoothing import smooth, smooth_centred
from lrcore.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WINDOWS = 50  # of the moving average, in the longest run
DRAWN = 1e30  # no axis reaches much further
LOGARITHMIC = 1000.0  # ratio of the largest loss to the smallest


def plot_losses(traces: Mapping[str, Trace], ax: Axes) -> None:
    """Draw the loss of every update: raw faint, its exponential moving average bold.

    The average spans a fiftieth of the longest run, so that its lag is not seen. A loss that is not finite or
    beyond 1e30 leaves a gap. The axis is logarithmic when the losses span three decades.
    """
    beta = 1 - 1 / max(2.0, max(map(len, traces.values())) / WINDOWS)
    for index, (name, trace) in enumerate(traces.items()):
        drawn = np.abs(trace.loss) < DRAWN
        ax.plot(trace.step, np.where(drawn, trace.loss, np.nan), color=f"C{index}", alpha=0.25, linewidth=0.8)
        ax.plot(trace.step[drawn], smooth(trace.loss[drawn], beta), label=name, **overlaid(index))
    ax.set(xlabel="update", ylabel="loss", yscale=_scale(traces))
    decorate(ax)


def _scale(traces: Mapping[str, Trace]) -> str:
    losses = np.concatenate([trace.loss[np.abs(trace.loss) < DRAWN] for trace in traces.values()])
    wide = losses.size > 0 and 0 < losses.min() * LOGARITHMIC < losses.max()
    return "log" if wide else "linear"


def plot_range_tests(results: Mapping[str, RangeTestResult], ax: Axes) -> None:
    """Draw the losses of several range tests: a dot for the static learning rate, lines for the bounds of the cycle."""
    limits = []
    for index, (name, result) in enumerate(results.items()):
        _draw_range_test(ax, result, name, index)
        limit_to_descent(ax, result.losses)
        limits.append(ax.get_ylim())
    ax.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
    decorate(ax)


def _draw_range_test(ax: Axes, result: RangeTestResult, name: str, index: int) -> None:
    style = overlaid(index)
    finite = np.isfinite(result.losses)
    lrs, losses = result.lrs[finite], result.losses[finite]
    smoothed = smooth_centred(losses)
    ax.plot(lrs, losses, ".", color=style["color"], alpha=0.3, markersize=4)
    ax.plot(lrs, smoothed, label=name, **style)
    found = result.suggestion()
    for bound in (found.base_lr, found.max_lr):
        if bound is not None:
            ax.axvline(bound, **{**style, "linewidth": style["linewidth"] / 2})
    if found.lr is not None:
        loss = np.interp(np.log(found.lr), np.log(lrs), smoothed)
        ax.plot(found.lr, loss, "o", color=style["color"], markersize=max(11 - 4 * index, 3))
