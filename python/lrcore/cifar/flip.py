"""Horizontal flips of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lrcore._arguments import probability
from lrcore.cifar.augmentation import Samples, check_batch
from lrcore.cifar.randomness import Stream, uniforms

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
        probability("p", self.p)

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
