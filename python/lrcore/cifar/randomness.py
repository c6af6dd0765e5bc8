"""Random numbers that depend on (seed, epoch, sample) alone: not on batches, workers, order or framework."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lrcore._arguments import count


class Stream(IntEnum):
    """What the numbers are for: each use has its own, so that adding one leaves the others as they are."""

    SHUFFLE = 0
    CUTOUT = 1
    CUTOUT_NOISE = 2
    SYNTHETIC = 3
    SYNTHETIC_NOISE = 4
    SPLIT = 5


def uniforms(
    seed: int, epoch: int, stream: Stream, samples: Iterable[int] | npt.NDArray[np.int64], width: int
) -> npt.NDArray[np.float64]:
    """Draw one row of numbers, uniform in [0, 1), for each sample.

    The row of sample i is the output of Philox4x64-10 under the key (seed, 0) from the counter (0, i, epoch, stream)
    on, 53 bits a number. A shorter row is the beginning of a longer one.

    Args:
        seed: Key, in 0 <= seed < 2**63.
        epoch: Second key, in 0 <= epoch < 2**63.
        stream: What the numbers are for.
        samples: Indices of the samples, each at least 0, in any order.
        width: Numbers per sample.

    Returns:
        float64, shape (len(samples), width).

    Raises:
        ValueError: A seed, epoch or sample is negative or not less than 2**63.

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; NumPy's `Philox`.

    Example:
        >>> import numpy as np
        >>> batch = uniforms(0, 3, Stream.CUTOUT, [7, 2, 9], width=4)
        >>> np.array_equal(batch[1:2], uniforms(0, 3, Stream.CUTOUT, [2], width=4))
        True
    """
    raw = _raw(seed, epoch, stream, samples, width)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


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
    return np.argsort(_raw(seed, epoch, Stream.SHUFFLE, [0], n)[0], kind="stable").astype(np.int64)


def _raw(
    seed: int, epoch: int, stream: Stream, samples: Iterable[int] | npt.NDArray[np.int64], width: int
) -> npt.NDArray[np.uint64]:
    counters = [(0, _word("sample", sample), _word("epoch", epoch), int(stream)) for sample in samples]
    philox = np.random.Philox(key=_word("seed", seed))
    state = philox.state
    rows = np.empty((len(counters), width), np.uint64)
    for row, counter in zip(rows, counters, strict=True):
        state["state"]["counter"][:] = counter
        philox.state = state
        row[:] = philox.random_raw(width)
    return rows


def _word(name: str, value: int) -> int:
    number = count(name, value)
    if number < 0:
        raise ValueError(f"{name} must not be negative, but got {number}")
    return number
