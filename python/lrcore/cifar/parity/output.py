"""A parity result as a figure and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from lrcore._axes import DPI
from lrcore.cifar.parity.result import LOSS_LIMIT, WEIGHT_LIMIT, Floats, ParityComparison, ParityResult, worst

if TYPE_CHECKING:
    from matplotlib.axes import Axes


TICKS = 10.0 ** np.arange(-18, 1, 3)
COLOURS = {"lrcore": "C0", "stock": "C3"}
LABELS = {
    "lrcore": "lrcore.torch.SGD and lrcore.keras.SGD",
    "stock": "torch.optim.SGD and keras.optimizers.SGD",
}


def save_parity(result: ParityResult, path: Path) -> None:
    """Three panels by update: how far the losses differ, how far the weights differ, and the learning rate."""
    figure = Figure(figsize=(8, 7), layout="constrained")
    losses, weights, lrs = figure.subplots(3, 1, sharex=True, height_ratios=(3, 3, 1.4))
    _draw(losses, {name: pair.loss_differences for name, pair in result.pairs.items()}, LOSS_LIMIT)
    losses.set_ylabel("relative difference\nof the losses")
    _draw(weights, {name: pair.weight_differences for name, pair in result.pairs.items()}, WEIGHT_LIMIT)
    weights.set_ylabel("largest difference\nof a weight")
    lrs.plot(result.pairs["lrcore"].torch.lr, color="0.35", linewidth=1.2)
    lrs.set(xlabel="update", ylabel="learning rate", ylim=(0, None))
    for ax in (losses, weights, lrs):
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    settings = result.settings
    figure.suptitle(f"PyTorch beside Keras: {settings.model} in float64, batches of {settings.batch_size} images")
    figure.legend(*losses.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, dpi=DPI)


def _draw(ax: Axes, differences: Mapping[str, Floats], limit: float) -> None:
    for name, values in differences.items():
        ax.plot(np.maximum(values, TICKS[0]), ".-", color=COLOURS[name], linewidth=1, markersize=3, label=LABELS[name])
    ax.axhline(limit, color="0.35", linestyle="--", linewidth=1, label="limit")
    ax.set_yscale("log")
    ax.set_yticks(TICKS, ["0", *(f"$10^{{{exponent}}}$" for exponent in range(-15, 1, 3))], minor=False)
    ax.set_ylim(TICKS[0] / 3, 3)


COLUMNS = ("pair", "loss,\nrelative", "at\nupdate", "weight,\nabsolute", "weight,\nrelative", "lr traces", "limits")


def print_result(result: ParityResult, console: Console) -> bool:
    """Print a table with a row for each pair, and what breaks a limit; give whether lrcore's pair breaks none."""
    console.print(_table(result))
    for name, pair in result.pairs.items():
        for phrase in pair.broken_limits:
            console.print(f"{name} pair: {phrase}", soft_wrap=True)
    return result.within_limits


def _table(result: ParityResult) -> Table:
    settings = result.settings
    run = f"{settings.model}, {settings.updates} updates of {settings.batch_size} images in float64, no dropout"
    table = Table(*COLUMNS, title=f"Largest differences between PyTorch and Keras\n{run}")
    for name, pair in result.pairs.items():
        table.add_row(name, *_cells(pair))
    table.add_section()
    table.add_row("limit", f"{LOSS_LIMIT:g}", "", f"{WEIGHT_LIMIT:g}", "", "bit-equal", "")
    return table


def _cells(pair: ParityComparison) -> tuple[str, ...]:
    update, loss_difference = worst(pair.loss_differences)
    return (
        f"{loss_difference:.1e}",
        str(update),
        f"{worst(pair.weight_differences)[1]:.1e}",
        f"{worst(pair.relative_weight_differences)[1]:.1e}",
        "bit-equal" if pair.trace_difference is None else "different",
        "broken" if pair.broken_limits else "kept",
    )
