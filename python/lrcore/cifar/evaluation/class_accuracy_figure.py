"""The figure of the accuracy in each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lrcore.axes import decorate
from lrcore.cifar.evaluation.predictions import Predictions
from lrcore.cifar.figures import DPI


def save_class_accuracy(predictions: Predictions, classes: Sequence[str], path: Path) -> None:
    """Write the figure of `draw_class_accuracy`."""
    draw_class_accuracy(predictions, classes).savefig(path, dpi=DPI)


def draw_class_accuracy(predictions: Predictions, classes: Sequence[str]) -> Figure:
    """Draw the accuracy of each class as a bar, and that of all images as a line.

    Args:
        predictions: What the model says of the images.
        classes: The C names.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    accuracies = predictions.class_accuracy
    bars = axes.bar(classes, np.nan_to_num(accuracies), color="C0", zorder=2)
    labels = ["no images" if np.isnan(accuracy) else f"{accuracy:.1%}" for accuracy in accuracies]
    background = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # the line may pass behind a label
    axes.bar_label(bars, labels, padding=2, fontsize="small", bbox=background, zorder=4)
    line = axes.axhline(predictions.accuracy, color="C3", zorder=3)
    legend = f"all images: {predictions.accuracy:.2%}"
    figure.legend([line], [legend], loc="outside lower center", frameon=False, fontsize="small")  # below long names
    axes.set(ylabel="accuracy", ylim=(0, 1.08), yticks=np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right", rotation_mode="anchor")
    decorate(axes)
    axes.grid(visible=False, axis="x")
    return figure
