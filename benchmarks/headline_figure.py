"""The figure of cifar_headline.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from lrcore.plot import decorate

if TYPE_CHECKING:
    from cifar_headline import Curves


def save_headline(curves: Mapping[str, Curves], baseline: str, path: Path) -> None:
    """Validation accuracy against updates: mean and range over the seeds, and what the baseline reached."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for index, (name, of_policy) in enumerate(curves.items()):
        mean, color = of_policy.validation.mean(axis=0), "black" if name == baseline else f"C{index}"
        axes.plot(of_policy.updates, mean, "-o", markersize=3.5, color=color, label=name)
        low, high = of_policy.validation.min(axis=0), of_policy.validation.max(axis=0)
        axes.fill_between(of_policy.updates, low, high, color=color, alpha=0.12, linewidth=0)
    updates, reached = curves[baseline].updates, curves[baseline].validation[:, -1].mean()
    axes.axhline(reached, color="black", linewidth=0.8, linestyle=":")
    axes.axvline(updates[-1] / 3, color="black", linewidth=0.8, linestyle=":")
    axes.annotate("a third of the updates", (updates[-1] / 3, axes.get_ylim()[0]), (4, 4), textcoords="offset points")
    axes.set(xlabel="updates", ylabel="validation accuracy")
    decorate(axes)
    figure.savefig(path, dpi=150)
