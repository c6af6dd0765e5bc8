"""Featurewise centring and standardisation, as the guide's ImageDataGenerator does it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._validation import as_float

EPSILON = 1e-6  # Keras' ImageDataGenerator adds it to the standard deviation


@dataclass(frozen=True)
class Standardise:
    """Centre and scale each colour channel: y = (x - mean) / (std + 1e-6).

    Args:
        mean: Mean of each channel, in pixel units (0 to 255).
        std: Standard deviation of each channel, at least 0, in pixel units.

    Raises:
        ValueError: The two differ in length, a number is not finite, or a std is negative.

    Source: Keras, `ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)`.

    Example:
        >>> import numpy as np
        >>> standardise = Standardise.fit(np.array([10, 30], np.uint8).reshape(2, 1, 1, 1))
        >>> standardise
        Standardise(mean=(20.0,), std=(10.0,))
        >>> standardise(np.full((1, 1, 1, 1), 40, np.uint8)).dtype
        dtype('float32')
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the numbers, and keep them as tuples of float."""
        for name in ("mean", "std"):
            values = tuple(as_float(name, value) for value in getattr(self, name))
            if not all(map(math.isfinite, values)):
                raise ValueError(f"{name} must be finite, but got {values}")
            object.__setattr__(self, name, values)
        if len(self.mean) != len(self.std):
            raise ValueError(f"std must have {len(self.mean)} channels as mean has, but got {len(self.std)}")
        if any(value < 0 for value in self.std):
            raise ValueError(f"std must not be negative, but got {self.std}")

    @classmethod
    def fit(cls, images: npt.NDArray[np.uint8]) -> Standardise:
        """Measure mean and (population) standard deviation of each channel of the training images.

        Args:
            images: uint8, shape (N, H, W, C), not empty.

        Raises:
            TypeError: The images are not uint8.
            ValueError: There are no images, or their shape has not four axes.
        """
        _check_uint8(images)
        if images.ndim != 4 or images.size == 0:
            raise ValueError(f"images must have a shape (N, H, W, C) without zeros, but got {images.shape}")
        n = images.size // images.shape[-1]
        sums, squares = _exact_sums(images)
        means = tuple(total / n for total in sums)
        stds = tuple(math.sqrt((n * square - total**2) / n**2) for total, square in zip(sums, squares, strict=True))
        return cls(means, stds)

    def __call__(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Standardise images.

        Args:
            images: uint8, shape (..., C).

        Returns:
            float32, the same shape, C-contiguous: the nearest to the float64 result.
        """
        _check_uint8(images)
        if images.shape[-1:] != (len(self.mean),):
            raise ValueError(f"images must have {len(self.mean)} channels in the last axis, but got {images.shape}")
        return _core.apply_lookup_table(images, self._tables)

    @cached_property
    def _tables(self) -> npt.NDArray[np.float32]:
        """The result for each of the 256 levels, shape (C, 256)."""
        mean, std = np.array([self.mean, self.std])[..., None]
        tables: npt.NDArray[np.float32] = ((np.arange(256) - mean) / (std + EPSILON)).astype(np.float32)
        return tables


def _check_uint8(images: npt.NDArray[np.uint8]) -> None:
    if images.dtype != np.uint8:
        raise TypeError(f"images must be uint8, but got {images.dtype}")


def _exact_sums(images: npt.NDArray[np.uint8]) -> tuple[list[int], list[int]]:
    """Sum and sum of squares of each channel, in integers: the order of the images changes no bit."""
    levels = range(256)
    histograms = [_histogram(images[..., channel]) for channel in range(images.shape[-1])]
    sums = [sum(level * n for level, n in zip(levels, histogram, strict=True)) for histogram in histograms]
    squares = [sum(level**2 * n for level, n in zip(levels, histogram, strict=True)) for histogram in histograms]
    return sums, squares


def _histogram(channel: npt.NDArray[np.uint8]) -> list[int]:
    """Count each of the 256 levels, some images at a time: bincount widens its input to int64."""
    counts = np.zeros(256, np.int64)
    for start in range(0, len(channel), 1000):
        counts += np.bincount(channel[start : start + 1000].ravel(), minlength=256)
    return [int(number) for number in counts]
