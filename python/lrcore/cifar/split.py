"""Which training images are held out for validation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrcore._arguments import real
from lrcore.cifar.randomness import Stream, uniforms

VALIDATION_FRACTION = 0.1


def stratified_split(
    labels: npt.NDArray[np.int64], seed: int, fraction: float = VALIDATION_FRACTION
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Split sample indices into training and validation, the same fraction of every class.

    Args:
        labels: int64, shape (n,): the class of each sample.
        seed: Keys the choice; the same seed gives the same split everywhere.
        fraction: Part of each class that is held out, in (0, 1); at least one sample of a class that has two.

    Returns:
        Two sorted int64 arrays of indices: training and validation. Together they hold each index once.

    Raises:
        ValueError: The fraction is not between 0 and 1, or the seed is negative.

    Example:
        >>> import numpy as np
        >>> training, validation = stratified_split(np.repeat([0, 1], 20), seed=0)
        >>> len(training), len(validation), np.bincount(np.repeat([0, 1], 20)[validation]).tolist()
        (36, 4, [2, 2])
    """
    if not 0 < real("fraction", fraction) < 1:
        raise ValueError(f"fraction must be greater than 0 and less than 1, but got {fraction}")
    order = np.argsort(uniforms(seed, 0, Stream.SPLIT, [0], len(labels))[0], kind="stable")
    held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        least = 1 if len(members) > 1 else 0
        held_out[members[: max(least, round(len(members) * fraction))]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
