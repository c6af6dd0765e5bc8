"""Cutout (random erasing): a random box of an image is replaced by noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lrcore._arguments import real
from lrcore.cifar.randomness import Stream, uniforms

Batch = TypeVar("Batch", npt.NDArray[np.float32], npt.NDArray[np.float64])


@dataclass(frozen=True)
class Cutout:
    """Erase one box in each image with probability p.

    The box has the area s*H*W, s uniform in [s_l, s_h], and the aspect ratio h/w = r, log r uniform in
    [log r_1, log r_2]; a ratio under which the box would not fit gives way to the nearest under which it does. So
    h = sqrt(s*H*W*r) and w = sqrt(s*H*W/r), rounded; every place inside the image is equally likely. There is no
    rejection loop, hence no bias towards small boxes, and no parameters that never end.

    Args:
        p: Probability that an image is erased, in [0, 1].
        s_l: Least area of the box as a part of the image, in (0, s_h].
        s_h: Greatest area of the box as a part of the image, in [s_l, 1].
        r_1: Least height over width, in (0, r_2].
        r_2: Greatest height over width.
        v_l: Least value of the noise.
        v_h: Greatest value of the noise.
        pixel_level: Whether each number of the box is drawn on its own; else one value fills the box.

    Raises:
        TypeError: An argument is not a number.
        ValueError: An argument is out of the range above; the message names it.

    Source: Zhong et al. 2017, "Random erasing data augmentation"; the arguments are those of the guide's
    `get_random_eraser` (yu4u/cutout-random-erasing), whose ratio is uniform itself, not in its logarithm.

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

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("p", "s_l", "s_h", "r_1", "r_2", "v_l", "v_h"):
            if not math.isfinite(real(name, getattr(self, name))):
                raise ValueError(f"{name} must be finite, but got {getattr(self, name)}")
        if not 0 <= self.p <= 1:
            raise ValueError(f"p must be in [0, 1], but got {self.p}")
        if self.s_h > 1:
            raise ValueError(f"s_h must not be greater than 1, but got {self.s_h}")
        for low in ("s_l", "r_1"):
            if getattr(self, low) <= 0:
                raise ValueError(f"{low} must be greater than 0, but got {getattr(self, low)}")
        for low, high in (("s_l", "s_h"), ("r_1", "r_2"), ("v_l", "v_h")):
            least, greatest = getattr(self, low), getattr(self, high)
            if greatest < least:
                raise ValueError(f"{high} must not be less than {low}={least}, but got {greatest}")

    def __call__(self, batch: Batch, *, seed: int, epoch: int, samples: Sequence[int] | npt.NDArray[np.int64]) -> Batch:
        """Return a copy of the batch with boxes erased; the same sample gets the same box in every batch.

        Args:
            batch: float32 or float64, shape (N, H, W, C).
            seed: Key of the run.
            epoch: Key of the epoch: each has its own boxes.
            samples: The N indices of the images in the training set, which key their boxes.

        Raises:
            TypeError: The batch is not float32 or float64: noise would not fit in it.
            ValueError: The shape is not (N, H, W, C), or there are not N samples.
        """
        _check_batch(batch, len(samples))
        draws = uniforms(seed, epoch, Stream.CUTOUT, samples, 6)
        chosen = np.flatnonzero(draws[:, 0] < self.p)
        noise = draws[chosen, 5, None, None, None]
        if self.pixel_level:
            numbers = uniforms(
                seed, epoch, Stream.CUTOUT_NOISE, np.asarray(samples)[chosen], math.prod(batch.shape[1:])
            )
            noise = numbers.reshape(-1, *batch.shape[1:])
        values = np.minimum(self.v_l + (self.v_h - self.v_l) * noise, self.v_h).astype(batch.dtype)
        inside = self._boxes(draws[chosen], *batch.shape[1:3])
        erased = batch.copy()
        erased[chosen] = np.where(inside[..., None], values, batch[chosen])
        return erased

    def _boxes(self, draws: npt.NDArray[np.float64], height: int, width: int) -> npt.NDArray[np.bool_]:
        """Masks (n, height, width), one box each."""
        area = (self.s_l + (self.s_h - self.s_l) * draws[:, 1]) * (height * width)
        log_ratio = math.log(self.r_1) + (math.log(self.r_2) - math.log(self.r_1)) * draws[:, 2]
        ratio = np.clip(np.exp(log_ratio), area / width**2, height**2 / area)
        rows = _interval(np.sqrt(area * ratio), draws[:, 3], height)
        columns = _interval(np.sqrt(area / ratio), draws[:, 4], width)
        return rows[:, :, None] & columns[:, None, :]


def _interval(length: npt.NDArray[np.float64], draw: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.bool_]:
    """Masks (n, size), each an interval of the rounded length whose place is drawn from all that fit."""
    rounded = np.clip(np.rint(length), 1, size)
    start = np.floor(draw * (size - rounded + 1))
    index = np.arange(size)
    mask: npt.NDArray[np.bool_] = (index >= start[:, None]) & (index < (start + rounded)[:, None])
    return mask


def _check_batch(batch: npt.NDArray[np.float32] | npt.NDArray[np.float64], samples: int) -> None:
    if batch.dtype not in (np.float32, np.float64):
        raise TypeError(f"batch must be float32 or float64, but got {batch.dtype}")
    if batch.ndim != 4:
        raise ValueError(f"batch must have a shape (N, H, W, C), but got {batch.shape}")
    if samples != len(batch):
        raise ValueError(f"samples must have {len(batch)} indices, one an image, but got {samples}")
