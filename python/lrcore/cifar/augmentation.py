"""What the random changes of images have in common: how they are called, checked and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Samples = Sequence[int] | npt.NDArray[np.int64]


class Augmentation(Protocol):
    """A random change of images, of which the same sample gets the same in whatever batch it comes.

    It returns new images of the same shape and dtype, and leaves those it was given as they are.
    """

    def __call__(
        self, images: npt.NDArray[np.uint8], *, seed: int, epoch: int, samples: Samples
    ) -> npt.NDArray[np.uint8]:
        """Change each image as (seed, epoch, its index in the training set) say; shape (N, H, W, C)."""


def check_batch(images: npt.NDArray[Any], samples: Samples) -> None:
    """ValueError unless there are images (N, H, W, C) and N samples."""
    if images.ndim != 4:
        raise ValueError(f"images must have a shape (N, H, W, C), but got {images.shape}")
    if len(samples) != len(images):
        raise ValueError(f"samples must have {len(images)} indices, one an image, but got {len(samples)}")


def pixels(images: npt.NDArray[Any]) -> npt.NDArray[np.void]:
    """The same C-contiguous memory with one element a pixel, without the last axis: NumPy moves those faster."""
    return images.view(np.dtype((np.void, images.shape[-1] * images.itemsize)))[..., 0]
