"""The figure of misclassified images with their class activation maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from lrcore.cifar.cam.overlay import Bytes, enlarge, overlay
from lrcore.cifar.evaluation.mistakes import Mistakes
from lrcore.cifar.evaluation.predictions import NO_CLASS
from lrcore.cifar.figures import DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
