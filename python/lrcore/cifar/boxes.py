"""Boxes inside images, from uniform numbers: where cutout erases."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Draws = npt.NDArray[np.float64]


class Boxes(NamedTuple):
    """One box an image, in whole pixels: float64 arrays of shape (N,)."""

    top: Draws
    left: Draws
    height: Draws
    width: Draws

    def masks(self, height: int, width: int) -> npt.NDArray[np.bool_]:
        """What of images of this size is inside, shape (N, height, width)."""
        rows = _interval(self.top, self.height, height)
        columns = _interval(self.left, self.width, width)
        return rows[:, :, None] & columns[:, None, :]


class Shape(NamedTuple):
    """The ranges of a box: its area as a part of the image, and its height over its width."""

    least_area: float
    greatest_area: float
    least_ratio: float
    greatest_ratio: float


def fitted_boxes(draws: Draws, shape: Shape, height: int, width: int) -> Boxes:
    """Boxes of a uniform area and a log-uniform ratio, clamped to one under which they fit, at a uniform place.

    Args:
        draws: Uniform in [0, 1), shape (N, 4): for the area, the ratio, the top and the left.
        shape: The ranges of area and ratio.
        height: Of the images.
        width: Of the images.
    """
    area = _between(draws[:, 0], shape.least_area, shape.greatest_area) * (height * width)
    log_ratio = _between(draws[:, 1], math.log(shape.least_ratio), math.log(shape.greatest_ratio))
    ratio = np.clip(np.exp(log_ratio), area / width**2, height**2 / area)
    box_height = np.clip(np.rint(np.sqrt(area * ratio)), 1, height)
    box_width = np.clip(np.rint(np.sqrt(area / ratio)), 1, width)
    top = np.floor(draws[:, 2] * (height - box_height + 1))
    left = np.floor(draws[:, 3] * (width - box_width + 1))
    return Boxes(top, left, box_height, box_width)


def guide_boxes(draws: Draws, shape: Shape, height: int, width: int) -> Boxes:
    """Boxes as the guide's get_random_eraser finds them: the first try that lies inside the image.

    Area and ratio are uniform, the sides rounded down, and the place is any pixel. Where no try fits the box is empty.

    Args:
        draws: Uniform in [0, 1), shape (N, tries, 4): for the area, the ratio, the left and the top of each try.
        shape: The ranges of area and ratio.
        height: Of the images.
        width: Of the images.
    """
    area = _between(draws[..., 0], shape.least_area, shape.greatest_area) * height * width
    ratio = _between(draws[..., 1], shape.least_ratio, shape.greatest_ratio)
    tries = Boxes(
        top=np.floor(draws[..., 3] * height),
        left=np.floor(draws[..., 2] * width),
        height=np.floor(np.sqrt(area * ratio)),
        width=np.floor(np.sqrt(area / ratio)),
    )
    fits = (tries.left + tries.width <= width) & (tries.top + tries.height <= height)
    images, first = np.arange(len(fits)), fits.argmax(axis=1)
    return Boxes(*(np.where(fits[images, first], numbers[images, first], 0) for numbers in tries))


def _between(draw: Draws, low: float, high: float) -> Draws:
    return low + (high - low) * draw


def _interval(start: Draws, length: Draws, size: int) -> npt.NDArray[np.bool_]:
    """Masks (N, size), each an interval."""
    index = np.arange(size)
    mask: npt.NDArray[np.bool_] = (index >= start[:, None]) & (index < (start + length)[:, None])
    return mask
