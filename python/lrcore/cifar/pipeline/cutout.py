"""Cutout (random erasing): a random box of an image is replaced by noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_float, as_probability
from lrcore.cifar.pipeline.augment import Samples, check_batch, pixels
from lrcore.cifar.pipeline.random_streams import Stream, uniforms

Draws = npt.NDArray[np.float64]


class Boxes(NamedTuple):
    """One box an image, in whole pixels: float64 arrays of shape (N,)."""

    top: Draws
    left: Draws
    height: Draws
    width: Draws

    def masks(self, height: int, width: int) -> npt.NDArray[np.bool_]:
        """Mask of the pixels inside the boxes for images of this size, shape (N, height, width)."""
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


Batch = TypeVar("Batch", npt.NDArray[np.float32], npt.NDArray[np.float64])
Indices = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Draw = Callable[..., Numbers]  # uniforms, but for seed and epoch

TRIES = 100  # of which all fail once in 10**17 images for the guide's own arguments


@dataclass(frozen=True)
class Cutout:
    """Erase one box in each image with probability p.

    The box has the area s*H*W, s uniform in [s_l, s_h], and the aspect ratio h/w = r, log r uniform in
    [log r_1, log r_2]; a ratio under which the box would not fit gives way to the nearest under which it does. So
    h = sqrt(s*H*W*r) and w = sqrt(s*H*W/r), rounded; every place inside the image is equally likely. There is no
    rejection loop, hence no bias towards small boxes, and no parameters that never end.

    With compat="guide" the boxes are distributed as the guide's own: r itself is uniform in [r_1, r_2], h and w are
    rounded down, and the corner is any pixel, tried again until the box lies inside the image, at most 100 times;
    then the image stays as it is. So small, tall boxes in the middle are preferred: for 32 x 32 images and the
    default arguments the mean area is 13.6 % instead of 21 %, and 73 % are taller than wide.

    Args:
        p: Probability that an image is erased, in [0, 1].
        s_l: Least area of the box as a part of the image, in (0, s_h].
        s_h: Greatest area of the box as a part of the image, in [s_l, 1].
        r_1: Least height over width, in (0, r_2].
        r_2: Greatest height over width.
        v_l: Least value of the noise.
        v_h: Greatest value of the noise.
        pixel_level: Whether each number of the box is drawn on its own; else one value fills the box.
        compat: None, or "guide" for the distribution of the guide's boxes.

    Raises:
        TypeError: An argument is not a number.
        ValueError: An argument is out of the range above; the message names it.

    Source: Zhong et al. 2017, "Random erasing data augmentation"; the arguments are those of the guide's
    `get_random_eraser` (yu4u/cutout-random-erasing).

    Example:
        >>> import numpy as np
        >>> images = np.zeros((1, 4, 4, 1), np.float32)
        >>> erased = Cutout(p=1, s_l=0.25, s_h=0.25, r_1=1, r_2=1, v_l=1)(images, seed=0, epoch=0, samples=[5])
        >>> int(erased.sum())
        4
    """

    p: float = 0.5
    s_l: float = 0.02
    s_h: float = 0.4
    r_1: float = 0.3
    r_2: float = 1 / 0.3
    v_l: float = 0.0
    v_h: float = 1.0
    pixel_level: bool = False
    compat: Literal["guide"] | None = None

    def __post_init__(self) -> None:
        """Check the ranges."""
        as_probability("p", self.p)
        for name in ("s_l", "s_h", "r_1", "r_2", "v_l", "v_h"):
            if not math.isfinite(as_float(name, getattr(self, name))):
                raise ValueError(f"{name} must be finite, but got {getattr(self, name)}")
        if self.s_h > 1:
            raise ValueError(f"s_h must not be greater than 1, but got {self.s_h}")
        for low in ("s_l", "r_1"):
            if getattr(self, low) <= 0:
                raise ValueError(f"{low} must be greater than 0, but got {getattr(self, low)}")
        for low, high in (("s_l", "s_h"), ("r_1", "r_2"), ("v_l", "v_h")):
            least, greatest = getattr(self, low), getattr(self, high)
            if greatest < least:
                raise ValueError(f"{high} must not be less than {low}={least}, but got {greatest}")
        if self.compat not in (None, "guide"):
            raise ValueError(f"compat must be None or 'guide', but got {self.compat!r}")

    def __call__(self, images: Batch, *, seed: int, epoch: int, samples: Samples) -> Batch:
        """Return a copy of the images with boxes erased; the same sample gets the same box in every batch.

        Args:
            images: float32 or float64, shape (N, H, W, C).
            seed: Key of the run.
            epoch: Key of the epoch: each has its own boxes.
            samples: The N indices of the images in the training set, which key their boxes.

        Raises:
            TypeError: The images are not float32 or float64: noise would not fit in them.
            ValueError: The shape is not (N, H, W, C), or there are not N samples.
        """
        if images.dtype not in (np.float32, np.float64):
            raise TypeError(f"images must be float32 or float64, but got {images.dtype}")
        check_batch(images, samples)
        height, width, channels = images.shape[1:]
        draw = partial(uniforms, seed, epoch)
        chosen = np.flatnonzero(draw(Stream.CUTOUT, samples, 1)[:, 0] < self.p)
        keys = np.asarray(samples)[chosen]
        masks = self._boxes(draw, keys, height, width).masks(height, width)
        box, place = np.divmod(np.flatnonzero(masks), height * width)
        noise = self._noise(draw, keys, box, channels * place, channels)
        erased = images.copy()
        pixels(erased).reshape(-1)[chosen[box] * height * width + place] = pixels(noise.astype(images.dtype, order="C"))
        return erased

    def _boxes(self, draw: Draw, keys: Indices, height: int, width: int) -> Boxes:
        """One box for each key."""
        shape = Shape(self.s_l, self.s_h, self.r_1, self.r_2)
        if self.compat is None:
            return fitted_boxes(draw(Stream.CUTOUT, keys, 4, start=1), shape, height, width)
        tries = draw(Stream.CUTOUT_TRIES, keys, 4 * TRIES)
        return guide_boxes(tries.reshape(-1, TRIES, 4), shape, height, width)

    def _noise(self, draw: Draw, keys: Indices, box: Indices, start: Indices, channels: int) -> Numbers:
        """New values of erased pixels, shape (n, channels), by box and by the pixel's number in its image."""
        if self.pixel_level:
            numbers = draw(Stream.CUTOUT_NOISE, keys[box], channels, start=start)
        else:
            numbers = draw(Stream.CUTOUT, keys, 1, start=5)[box]
        values = np.minimum(self.v_l + (self.v_h - self.v_l) * numbers, self.v_h)
        return np.broadcast_to(values, (len(box), channels))
