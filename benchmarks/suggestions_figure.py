"""What every reading gave on the real curves, as dots beside the best learning rates of the grids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from recorded_curves import RecordedCurve

Real = list[tuple[RecordedCurve, float]]


def draw(real: Mapping[str, Real], path: Path) -> None:
    """One panel per configuration, one row per reading, one dot per seed."""
    names = sorted({curve.configuration for curve, _ in next(iter(real.values()))})
    rows, columns = 2, -(-len(names) // 2)
    figure, axes = plt.subplots(rows, columns, figsize=(12, 6.5), sharex=True, sharey=True, layout="constrained")
    for ax, name in zip(axes.flat, names, strict=False):
        panel(ax, name, real)
    axes.flat[0].invert_yaxis()
    figure.supxlabel("learning rate")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def panel(ax: Axes, name: str, real: Mapping[str, Real]) -> None:
    for row, (reading, answers) in enumerate(real.items()):
        lrs = [10.0**log_lr for curve, log_lr in answers if curve.configuration == name]
        ax.plot(lrs, [row] * len(lrs), "o", color="C3" if reading.startswith("lrcore") else "C0", alpha=0.7)
    bests = {curve.best_lr for curve, _ in next(iter(real.values())) if curve.configuration == name} - {None}
    for index, best in enumerate(sorted(bests)):
        ax.axvline(best, color="C2", linewidth=2, alpha=0.6, label="best of the grid" if index == 0 else None)
    ax.set(xscale="log", title=name, yticks=range(len(real)), yticklabels=list(real))
    ax.grid(axis="y", alpha=0.3)
    if bests:
        ax.legend(loc="upper left", fontsize="small")
