"""The labels of the readings in the figure of a range test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

FONT_SIZE = 7.0  # points, as is the height of a row
ROW = 1.35 * FONT_SIZE


def label_readings(ax: Axes, readings: Mapping[str, float | None], lrs: Floats, smoothed: Floats) -> float:
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
