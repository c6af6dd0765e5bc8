"""The look of lrcore's figures: new axes, grid and legend, line styles, and the range of a loss axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrcore.smoothing import smooth_centred

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

DPI = 150  # of figures in files
LEGEND_COLUMN = 95  # points


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
        columns = int(np.clip(72 * ax.get_window_extent().width / ax.figure.dpi // LEGEND_COLUMN, 1, 4))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=columns, frameon=False, fontsize="small")


def overlay_style(index: int) -> dict[str, Any]:
    """The style of curve `index`: where curves agree, the dashes of the later show the earlier below."""
    width, dashes = max(3.6 - 1.8 * index, 1.2), (1, 0) if index == 0 else (3, 1 + index)
    return {"color": f"C{index}", "linewidth": width, "dashes": dashes}


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
