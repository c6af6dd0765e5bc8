"""Random augmentations keyed by sample: flips, and shifts by padding and cropping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from lrcore._validation import as_int, as_probability
from lrcore.cifar.pipeline.random_streams import Stream, uniforms

Samples = Sequence[int] | npt.NDArray[np.int64]


class Augmentation(Protocol):
    """A random augmentation keyed by sample index, so a sample is changed identically in every batch.

    It returns new images of the same shape and dtype, and leaves its input unchanged.
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


Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Flip:
    """Mirror each image, left to right, with probability p.

    Args:
        p: Probability that an image is mirrored, in [0, 1].

    Raises:
        TypeError: p is not a number.
        ValueError: p is not in [0, 1].

    Example:
        >>> import numpy as np
        >>> images = np.array([1, 2, 3], np.uint8).reshape(1, 1, 3, 1)
        >>> Flip(p=1)(images, seed=0, epoch=0, samples=[5]).ravel()
        array([3, 2, 1], dtype=uint8)
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        """Check the range."""
        as_probability("p", self.p)

    def __call__(self, images: npt.NDArray[Number], *, seed: int, epoch: int, samples: Samples) -> npt.NDArray[Number]:
        """Return a copy of the images, some of them mirrored; the same sample fares the same in every batch.

        Args:
            images: Shape (N, H, W, C), any dtype.
            seed: Key of the run.
            epoch: Key of the epoch: each has its own flips.
            samples: The N indices of the images in the training set, which key their flips.

        Raises:
            ValueError: The shape is not (N, H, W, C), or there are not N samples.
        """
        check_batch(images, samples)
        chosen = uniforms(seed, epoch, Stream.FLIP, samples, 1)[:, 0] < self.p
        originals = images[chosen]
        mirrored = np.empty_like(originals)
        for channel in range(images.shape[-1]):  # one by one: NumPy is slow at turning round many short pixels
            mirrored[..., channel] = originals[:, :, ::-1, channel]
        result = images.copy()
        result[chosen] = mirrored
        return result


@dataclass(frozen=True)
class PadCrop:
    """Pad each image by its own reflection, then cut out a window of the original size.

    Each of the (2*padding + 1)**2 places of the window is equally likely. The reflection leaves out the border itself:
    a row 1 2 3 padded by 2 is 3 2 1 2 3 2 1.

    Args:
        padding: Pixels on each side, at least 0.

    Raises:
        TypeError: The padding is not an integer.
        ValueError: The padding is negative.

    Source: Page 2018, "How to train your ResNet" (davidcpage/cifar10-fast), whose padding is 4 too.

    Example:
        >>> import numpy as np
        >>> images = np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3, 1)
        >>> PadCrop(padding=1)(images, seed=0, epoch=0, samples=[0])[0, :, :, 0]
        array([[5, 6, 5],
               [8, 9, 8],
               [5, 6, 5]], dtype=uint8)
    """

    padding: int = 4

    def __post_init__(self) -> None:
        """Check the range."""
        if as_int("padding", self.padding) < 0:
            raise ValueError(f"padding must not be negative, but got {self.padding}")

    def __call__(self, images: npt.NDArray[Number], *, seed: int, epoch: int, samples: Samples) -> npt.NDArray[Number]:
        """Return shifted copies of the images; the same sample gets the same shift in every batch.

        Args:
            images: Shape (N, H, W, C), any dtype; H and W greater than the padding.
            seed: Key of the run.
            epoch: Key of the epoch: each has its own shifts.
            samples: The N indices of the images in the training set, which key their shifts.

        Raises:
            ValueError: The shape is not (N, H, W, C), there are not N samples, or the images are too small.
        """
        check_batch(images, samples)
        if min(images.shape[1:3]) <= self.padding:
            raise ValueError(f"images must have sides greater than padding={self.padding}, but got {images.shape}")
        height, width = images.shape[1:3]
        draws = uniforms(seed, epoch, Stream.CROP, samples, 2)
        top, left = np.floor(draws * (2 * self.padding + 1)).astype(np.int64).T[..., None]
        rows = _reflected(top - self.padding + np.arange(height), height)
        windows = sliding_window_view(self._widened(pixels(np.ascontiguousarray(images))), width, axis=2)
        crops = np.ascontiguousarray(windows[np.arange(len(images))[:, None], rows, left])
        result: npt.NDArray[Number] = crops.view(images.dtype).reshape(images.shape)
        return result

    def _widened(self, images: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        """Images, shape (N, H, W), with their reflections on the left and on the right."""
        padding, width = self.padding, images.shape[2]
        widened = np.empty((*images.shape[:2], width + 2 * padding), images.dtype)
        widened[:, :, :padding] = images[:, :, padding:0:-1]
        widened[:, :, padding : padding + width] = images
        widened[:, :, padding + width :] = images[:, :, -2 : -2 - padding : -1]
        return widened


def _reflected(index: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """The indices in 0 ... size - 1 that those outside reflect."""
    reflected: npt.NDArray[np.int64] = size - 1 - np.abs(size - 1 - np.abs(index))
    return reflected
