"""Random numbers that depend on (seed, epoch, sample) alone, not on batches, workers, order or framework."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._validation import as_int


class Stream(IntEnum):
    """Purpose of random numbers: each has a stream of its own, so that a new one leaves the others as they are."""

    SHUFFLE = 0
    CUTOUT = 1
    CUTOUT_NOISE = 2
    SYNTHETIC = 3
    SYNTHETIC_NOISE = 4
    SPLIT = 5
    FLIP = 6
    CROP = 7
    CUTOUT_TRIES = 8
    DROPOUT = 9


def uniforms(
    seed: int,
    epoch: int,
    stream: Stream,
    samples: Iterable[int] | npt.NDArray[np.int64],
    width: int,
    start: int | npt.NDArray[np.int64] = 0,
) -> npt.NDArray[np.float64]:
    """Draw one row of numbers, uniform in [0, 1), for each sample.

    The numbers of sample i are the output of Philox4x64-10 under the key (seed, 0) from the counter
    (0, i, epoch, stream) on, 53 bits a number.

    Args:
        seed: Key, in 0 <= seed < 2**63.
        epoch: Second key, in 0 <= epoch < 2**63.
        stream: What the numbers are for.
        samples: Indices of the samples, each at least 0, in any order.
        width: Numbers per row.
        start: Which number of its sample a row begins with, counted from 0: one for all rows, or one a row.

    Returns:
        float64, shape (len(samples), width).

    Raises:
        TypeError: A key, sample or start is not an integer.
        ValueError: A seed, epoch, sample or start is negative or not less than 2**63.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; NumPy's `Philox`.

    Example:
        >>> import numpy as np
        >>> batch = uniforms(0, 3, Stream.CUTOUT, [7, 2, 9], width=4)
        >>> np.array_equal(batch[1:2, 3:], uniforms(0, 3, Stream.CUTOUT, [2], width=1, start=3))
        True
    """
    words = _words(seed, epoch, stream, samples, width, start)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(seed: int, epoch: int, n: int) -> npt.NDArray[np.int64]:
    """Shuffle 0, 1, ..., n - 1 for an epoch.

    Args:
        seed: Key, in 0 <= seed < 2**63.
        epoch: Second key, in 0 <= epoch < 2**63.
        n: How many, at least 0.

    Returns:
        int64, shape (n,): each of 0 ... n - 1 once.

    Example:
        >>> sorted(permutation(0, 1, 5).tolist())
        [0, 1, 2, 3, 4]
    """
    # Sorting raw words rather than Generator.permutation: NumPy promises the words, not the shuffle, across versions.
    words = _words(seed, epoch, Stream.SHUFFLE, [0], n, 0)[0]
    return np.argsort(words, kind="stable").astype(np.int64)


def _words(
    seed: int,
    epoch: int,
    stream: Stream,
    samples: Iterable[int] | npt.NDArray[np.int64],
    width: int,
    start: int | npt.NDArray[np.int64],
) -> npt.NDArray[np.uint64]:
    [seed_key], [epoch_key] = _keys("seed", [seed]), _keys("epoch", [epoch])
    sample_keys = _keys("sample", samples)
    starts = np.broadcast_to(_keys("start", np.atleast_1d(start)), sample_keys.shape)
    return _core.philox_words(seed_key, epoch_key, stream, sample_keys, starts, width)


def _keys(name: str, values: Iterable[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """The values as the core takes them; an array of int64 is looked at as a whole, for speed."""
    if not (isinstance(values, np.ndarray) and values.dtype == np.int64):
        values = np.array([as_int(name, value) for value in values], np.int64)
    if values.size and values.min() < 0:
        raise ValueError(f"{name} must not be negative, but got {values.min()}")
    return values.view(np.uint64)


def dropout_seed(seed: int, step: int) -> int:
    """A number from 0 to 2**53 - 1 that is keyed by the run's seed and the index of the update.

    Example:
        >>> dropout_seed(0, 5) == dropout_seed(0, 5), dropout_seed(0, 5) == dropout_seed(0, 6)
        (True, False)
    """
    return int(uniforms(seed, step, Stream.DROPOUT, [0], 1)[0, 0] * 2**53)
