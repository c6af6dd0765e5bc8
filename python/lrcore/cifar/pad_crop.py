"""Random shifts of images, by padding and cropping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from lrcore._arguments import count
from lrcore.cifar.augmentation import Samples, check_batch, pixels
from lrcore.cifar.randomness import Stream, uniforms

Number = TypeVar("Number", bound=np.generic)


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
        if count("padding", self.padding) < 0:
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
