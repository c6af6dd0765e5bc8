"""Figures of a trained model's errors: accuracy by class, confusion matrix, worst mistakes with their maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lrcore._axes import DPI, decorate
from lrcore.cifar.cam.maps import Bytes, enlarge, overlay
from lrcore.cifar.evaluation.mistakes import Mistakes
from lrcore.cifar.evaluation.predictions import NO_CLASS, Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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


COLUMNS = 4  # of images
SCALE = 8  # side of a pixel of the photo in pixels of its enlargement
GAP = 8  # such pixels between the three pictures of an image
CELL, CAPTION, HEADER = 3.4, 0.62, 0.75  # inches: width of an image with its maps, heights of the texts
METHOD_NAMES = {"gradcam": "Grad-CAM", "hirescam": "HiResCAM"}


def save_mistakes(mistakes: Mistakes | None, classes: Sequence[str], path: Path) -> None:
    """Write the figure of `draw_mistakes`."""
    draw_mistakes(mistakes, classes).savefig(path, dpi=DPI)


def draw_mistakes(mistakes: Mistakes | None, classes: Sequence[str]) -> Figure:
    """Draw each image three times: as it is, with the evidence for the predicted class, with that for the actual one.

    Args:
        mistakes: As `explain_mistakes` gives them; for None a sentence says that there are none.
        classes: Name of each class.
    """
    if mistakes is None:
        return _sentence("No image is misclassified.")
    pictures = _pictures(mistakes)
    rows, picture_height = -(-len(pictures) // COLUMNS), CELL * pictures.shape[1] / pictures.shape[2]
    height = HEADER + rows * (picture_height + CAPTION)
    figure = Figure(figsize=(COLUMNS * (CELL + 0.2), height))
    figure.text(0.01, 1 - 0.15 / height, _header(mistakes), va="top")
    figure.subplots_adjust(0.01, CAPTION / height, 0.99, 1 - HEADER / height, 0.06, CAPTION / picture_height)
    cells = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for number, (axes, picture) in enumerate(zip(cells, pictures, strict=False)):
        axes.imshow(picture)
        _caption(axes, mistakes, number, classes)
    return figure


def _sentence(words: str) -> Figure:
    figure = Figure(figsize=(7, 1))
    figure.text(0.5, 0.5, words, ha="center", va="center")
    return figure


def _header(mistakes: Mistakes) -> str:
    maps = mistakes.for_predicted
    _, height, width = maps.raw.shape
    return (
        f"Misclassified: {mistakes.total:,} of {mistakes.images:,} images. Shown, the greatest loss first: "
        f"{len(mistakes.indices)}.\nBeside each, the evidence for the predicted and for the actual class, by "
        f"{METHOD_NAMES[maps.method]} at layer {maps.layer} ({height}x{width}), from none (the photo) to most (yellow)."
    )


def _pictures(mistakes: Mistakes) -> Bytes:
    """Photo, evidence for the predicted class and evidence for the actual class, side by side."""
    photos = enlarge(mistakes.photos, SCALE)
    gap = np.full_like(photos[:, :, :GAP], 255)
    maps = (mistakes.for_predicted, mistakes.for_actual)
    overlays = [overlay(mistakes.photos, found.heat, SCALE) for found in maps]
    return np.concatenate([photos, gap, overlays[0], gap, overlays[1]], axis=2)


def _caption(axes: Axes, mistakes: Mistakes, number: int, classes: Sequence[str]) -> None:
    shown = mistakes.predictions
    _below(axes, 0, f"#{mistakes.indices[number]}\nloss {shown.losses[number]:.2f}")
    chosen = {"predicted": shown.predicted[number], "actual": shown.labels[number]}
    for panel, (role, label) in enumerate(chosen.items(), start=1):
        probability = f"{classes[label]}\np = {shown.probabilities[number, label]:.2g}"
        _below(axes, panel, f"{role}\n{'none' if label == NO_CLASS else probability}")
    for panel, maps in enumerate((mistakes.for_predicted, mistakes.for_actual), start=1):
        if maps.empty[number]:
            _mark_empty(axes, panel)


def _mark_empty(axes: Axes, panel: int) -> None:
    background = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    axes.text(_centre(axes, panel), axes.get_ylim()[0] / 2, "empty", ha="center", va="center", bbox=background)


def _below(axes: Axes, panel: int, words: str) -> None:
    axes.text(_centre(axes, panel), 1.04 * axes.get_ylim()[0], words, ha="center", va="top", fontsize="small")


def _centre(axes: Axes, panel: int) -> float:
    side = axes.get_ylim()[0]
    return side / 2 + panel * (side + GAP)
