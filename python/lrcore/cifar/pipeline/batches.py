"""Batches of a training run, the same bytes for every framework, process and resumed run, prepared ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_int, as_positive_int
from lrcore.cifar.pipeline.augment import Augmentation
from lrcore.cifar.pipeline.cutout import Cutout
from lrcore.cifar.pipeline.random_streams import permutation
from lrcore.cifar.pipeline.standardize import Standardise

Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


class Batches:
    """Shuffled, standardised and, where asked for, augmented and erased batches of a training set.

    Epoch e visits every image once, in an order keyed by (seed, e); the last batch holds what is left over.
    Any batch of any epoch may be asked for at any time, from any thread or process, and is made only then.

    Args:
        images: uint8, shape (N, H, W, C).
        labels: int64, shape (N,).
        batch_size: Images per batch, at least 1; a size over N gives one batch of N.
        seed: Key of shuffles, augmentation and boxes, at least 0.
        standardise: Turns uint8 images into float32.
        cutout: Erases boxes after standardisation, or None.
        augment: Random changes before standardisation, in their order.

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
        augment: Sequence[Augmentation] = (),
    ) -> None:
        """Check the arguments; no image is touched yet."""
        if len(images) == 0:
            raise ValueError("images must not be empty")
        if len(labels) != len(images):
            raise ValueError(f"labels must have {len(images)} entries, one an image, but got {len(labels)}")
        if as_int("seed", seed) < 0:
            raise ValueError(f"seed must not be negative, but got {seed}")
        self._images, self._labels = images, labels
        self._batch_size, self._seed = as_positive_int("batch_size", batch_size), seed
        self._standardise, self._cutout, self._augment = standardise, cutout, tuple(augment)
        self._rank, self._world_size = 0, 1
        self._latest_order: tuple[int, npt.NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        """Updates per epoch."""
        return -(-len(self._images) // self._batch_size)

    def shard(self, rank: int, world_size: int) -> Batches:
        """The part of every batch that one of several processes trains on.

        It has as many batches as the whole; batch by batch the parts of all ranks are the whole, each sample once,
        also where the world size does not divide it. Of a last batch smaller than the world a part may be empty.

        Args:
            rank: Which part, in 0 <= rank < world_size.
            world_size: Number of parts, at least 1.

        Raises:
            ValueError: The world size is less than 1, or the rank out of its range.
        """
        if not 0 <= as_int("rank", rank) < as_positive_int("world_size", world_size):
            raise ValueError(f"rank must be at least 0 and less than world_size={world_size}, but got {rank}")
        part = copy(self)
        part._rank = self._rank + self._world_size * rank
        part._world_size = self._world_size * world_size
        return part

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Iterate over the batches of an epoch.

        Args:
            epoch: Which one, at least 0; any may be asked for at any time.
            start: Index of the first batch, at most the number of batches: where a resumed run goes on.

        Returns:
            An iterator over float32 images (n, H, W, C), C-contiguous, and int64 labels (n,).

        Raises:
            ValueError: The epoch is negative, or the start out of its range.
        """
        if not 0 <= as_int("start", start) <= len(self):
            raise ValueError(f"start must be at least 0 and at most {len(self)}, but got {start}")
        order = self._order(epoch)
        return (self._batch(epoch, self._samples(order, index)) for index in range(start, len(self)))

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch of an epoch: that which `epoch` gives in this place.

        Args:
            epoch: Which epoch, at least 0.
            index: Which batch, in 0 <= index < len(self).

        Raises:
            ValueError: The epoch is negative, or the index out of its range.
        """
        return self._batch(epoch, self.samples(epoch, index))

    def samples(self, epoch: int, index: int) -> npt.NDArray[np.int64]:
        """Places in the set of the images of a batch, which key what is random about them.

        Args:
            epoch: Which epoch, at least 0.
            index: Which batch, in 0 <= index < len(self).

        Returns:
            int64, shape (n,).

        Raises:
            ValueError: The epoch is negative, or the index out of its range.
        """
        if not 0 <= as_int("index", index) < len(self):
            raise ValueError(f"index must be at least 0 and less than {len(self)}, but got {index}")
        return self._samples(self._order(epoch), index)

    def _samples(self, order: npt.NDArray[np.int64], index: int) -> npt.NDArray[np.int64]:
        start = index * self._batch_size
        return order[start : start + self._batch_size][self._rank :: self._world_size].copy()

    def _order(self, epoch: int) -> npt.NDArray[np.int64]:
        """The order of an epoch; the latest is kept, so that batch by batch it is sorted once an epoch."""
        latest = self._latest_order  # one attribute, read and set whole: threads may come at once
        if latest is None or latest[0] != epoch:
            latest = epoch, permutation(self._seed, epoch, len(self._images))
            self._latest_order = latest
        return latest[1]

    def _batch(self, epoch: int, samples: npt.NDArray[np.int64]) -> Batch:
        images = self._images[samples]
        for augmentation in self._augment:
            images = augmentation(images, seed=self._seed, epoch=epoch, samples=samples)
        inputs = self._standardise(images)
        if self._cutout is not None:
            inputs = self._cutout(inputs, seed=self._seed, epoch=epoch, samples=samples)
        return inputs, self._labels[samples]


Item = TypeVar("Item")


@contextmanager
def prefetch(items: Iterable[Item], depth: int = 2) -> Iterator[Generator[Item, None, None]]:
    """Give a generator of the same items in the same order, of which a thread makes up to `depth` ahead.

    An exception that ends the items is raised where the next of them would have come. The thread ends with the block,
    however that is left, and whoever still holds the generator finds it at its end. (A generator alone would not do:
    Keras keeps those it was given, and TensorFlow goes on reading them in threads of its own.)

    Args:
        items: Read in the thread.
        depth: Items that may wait, at least 1.

    Raises:
        ValueError: The depth is less than 1.

    Example:
        >>> with prefetch(range(4)) as ahead:
        ...     [item * item for item in ahead]
        [0, 1, 4, 9]
    """
    source, places = iter(items), range(as_positive_int("depth", depth))
    executor = ThreadPoolExecutor(1, thread_name_prefix="lrcore-prefetch")
    thread = executor.submit(threading.current_thread).result()
    left = threading.Event()

    def read() -> Generator[Item, None, None]:
        try:
            while found := waiting.popleft().result():
                waiting.append(executor.submit(_next, source))
                yield found.pop()
        except (CancelledError, RuntimeError):  # what futures and executors raise after a shutdown
            if not left.is_set():
                raise

    try:
        waiting = deque(executor.submit(_next, source) for _ in places)
        yield read()
    finally:
        left.set()
        # A block in a generator that nobody holds is left in the thread that collects it, which cannot await itself.
        executor.shutdown(wait=threading.current_thread() is not thread, cancel_futures=True)


def _next(source: Iterator[Item]) -> list[Item]:
    """The next item, or nothing at the end."""
    return list(islice(source, 1))
