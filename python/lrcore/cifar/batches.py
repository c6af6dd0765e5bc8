"""The batches of a training run: the same bytes for every framework, process and resumed run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lrcore._arguments import count
from lrcore.cifar.cutout import Cutout
from lrcore.cifar.randomness import permutation
from lrcore.cifar.standardise import Standardise


class Batches:
    """Shuffled, standardised and, where asked for, erased batches of a training set.

    Epoch e visits every image once, in an order keyed by (seed, e); the last batch holds what is left over.
    Only one batch is in memory at a time.

    Args:
        images: uint8, shape (N, H, W, C).
        labels: int64, shape (N,).
        batch_size: Images per batch, at least 1; a size over N gives one batch of N.
        seed: Key of shuffles and boxes, at least 0.
        standardise: Turns uint8 images into float32.
        cutout: Erases boxes after standardisation, or None.

    Raises:
        ValueError: The set is empty, images and labels differ in length, or batch_size is less than 1.

    Example:
        >>> import numpy as np
        >>> images = np.zeros((5, 32, 32, 3), np.uint8)
        >>> batches = Batches(images, np.arange(5), batch_size=2, seed=0, standardise=Standardise.fit(images))
        >>> len(batches), [inputs.shape for inputs, labels in batches.epoch(0)]
        (3, [(2, 32, 32, 3), (2, 32, 32, 3), (1, 32, 32, 3)])
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.int64],
        batch_size: int,
        seed: int,
        standardise: Standardise,
        cutout: Cutout | None = None,
    ) -> None:
        """Check the arguments; no image is touched yet."""
        if len(images) == 0:
            raise ValueError("images must not be empty")
        if len(labels) != len(images):
            raise ValueError(f"labels must have {len(images)} entries, one an image, but got {len(labels)}")
        if count("batch_size", batch_size) < 1:
            raise ValueError(f"batch_size must be at least 1, but got {batch_size}")
        if count("seed", seed) < 0:
            raise ValueError(f"seed must not be negative, but got {seed}")
        self._images, self._labels = images, labels
        self._batch_size, self._seed = batch_size, seed
        self._standardise, self._cutout = standardise, cutout

    def __len__(self) -> int:
        """Updates per epoch."""
        return -(-len(self._images) // self._batch_size)

    def epoch(self, epoch: int) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]:
        """Iterate over the batches of an epoch.

        Args:
            epoch: Which one, at least 0; any may be asked for at any time.

        Returns:
            An iterator over float32 images (n, H, W, C), C-contiguous, and int64 labels (n,).

        Raises:
            ValueError: The epoch is negative.
        """
        order = permutation(self._seed, epoch, len(self._images))
        starts = range(0, len(order), self._batch_size)
        return (self._batch(epoch, order[start : start + self._batch_size]) for start in starts)

    def _batch(
        self, epoch: int, samples: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        inputs = self._standardise(self._images[samples])
        if self._cutout is not None:
            inputs = self._cutout(inputs, seed=self._seed, epoch=epoch, samples=samples)
        return inputs, self._labels[samples]
