"""The four figures of an LR finder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrcore.plot import decorate, limit_to_descent, new_axes
from lrcore.range_test_result import RangeTestResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]


class FinderPlots(ABC):
    """Draws `result` on given axes or on a new figure; each method returns the axes.

    The loss axis shows the descent; a curve that diverges leaves the picture.
    """

    @property
    @abstractmethod
    def result(self) -> RangeTestResult:
        """What to draw."""

    def plot_lr(self, ax: Axes | None = None) -> Axes:
        """Draw the learning rate over the updates."""
        return _draw_over_updates(self.result.lrs, "learning rate", ax)

    def plot(self, n_skip: int = 1, ax: Axes | None = None) -> Axes:
        """Draw the loss over the learning rate, without the first `n_skip` points."""
        return _draw_over_lrs(self.result.lrs, self.result.losses, "loss", n_skip, ax)

    def plot_smoothed_loss(self, n_skip: int = 10, ax: Axes | None = None) -> Axes:
        """Draw the smoothed loss over the learning rate, without the first `n_skip` points."""
        return _draw_over_lrs(self.result.lrs, self.result.smoothed_losses, "smoothed loss", n_skip, ax)

    def plot_loss(self, ax: Axes | None = None) -> Axes:
        """Draw the loss over the updates."""
        ax = _draw_over_updates(self.result.losses, "loss", ax)
        limit_to_descent(ax, self.result.losses)
        return ax


def _draw_over_updates(values: Floats, label: str, ax: Axes | None) -> Axes:
    return _draw(np.arange(len(values)), values, "update", label, ax)


def _draw_over_lrs(lrs: Floats, losses: Floats, label: str, n_skip: int, ax: Axes | None) -> Axes:
    if n_skip < 0:
        raise ValueError(f"n_skip must not be negative, but got {n_skip}")
    ax = _draw(lrs[n_skip:], losses[n_skip:], "learning rate", label, ax)
    ax.set_xscale("log")
    limit_to_descent(ax, losses[n_skip:])
    return ax


def _draw(x: npt.NDArray[Any], y: Floats, x_label: str, y_label: str, ax: Axes | None) -> Axes:
    ax = new_axes() if ax is None else ax
    ax.plot(x, y, linewidth=1.8)
    ax.set(xlabel=x_label, ylabel=y_label)
    decorate(ax)
    return ax
