"""The figure of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lrcore.cifar.figures import DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DARK_BELOW = 0.6  # of the colour map, where white text is legible
# Small shares differ in colour as much as large ones do: confusions are of a few per cent.
COLOURS, EXPONENT = "viridis", 0.5


def save_confusion(confusion: npt.NDArray[np.int64], classes: Sequence[str], path: Path) -> None:
    """Write the figure of `draw_confusion`."""
    draw_confusion(confusion, classes).savefig(path, dpi=DPI)


def draw_confusion(confusion: npt.NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """Draw actual over predicted classes: the number of images, and below it their share of the row.

    Args:
        confusion: Rows actual, columns predicted, shape (C, C).
        classes: The C names.
    """
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    axes = figure.subplots()
    images = confusion.sum(axis=1, keepdims=True)
    shares = np.where(images > 0, confusion / np.maximum(images, 1), 0.0)
    norm = PowerNorm(EXPONENT, 0, 1)
    mesh = axes.imshow(shares, cmap=COLOURS, norm=norm)
    for row, column in np.ndindex(confusion.shape):
        colour = "white" if norm(shares[row, column]) < DARK_BELOW else "black"
        _label(axes, row, column, int(confusion[row, column]), float(shares[row, column]), colour)
    axes.set(xlabel="predicted", ylabel="actual")
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(mesh, shrink=0.8, label="share of the actual class", format=PercentFormatter(1))
    bar.outline.set_visible(False)
    return figure


def _label(axes: Axes, row: int, column: int, count: int, share: float, colour: str) -> None:
    if count > 0:
        axes.text(column, row - 0.03, f"{count:,}", ha="center", va="bottom", color=colour, fontsize=9)
        axes.text(column, row + 0.03, f"{share:.1%}", ha="center", va="top", color=colour, fontsize=7)
