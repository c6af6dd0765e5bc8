"""The seed of dropout, update by update: a resumed run needs no generator's state."""

from __future__ import annotations

from lrcore.cifar.randomness import Stream, uniforms


def dropout_seed(seed: int, step: int) -> int:
    """A number from 0 to 2**53 - 1 that is keyed by the run's seed and the index of the update.

    Example:
        >>> dropout_seed(0, 5) == dropout_seed(0, 5), dropout_seed(0, 5) == dropout_seed(0, 6)
        (True, False)
    """
    return int(uniforms(seed, step, Stream.DROPOUT, [0], 1)[0, 0] * 2**53)
