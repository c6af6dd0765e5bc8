"""A stretch of training that leaves no trace."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from lrcore.keras.random_state import RandomState
from lrcore.keras.snapshot import Snapshot


@contextmanager
def restored(model: keras.Model) -> Iterator[Snapshot]:
    """Put `model` and the random generators back to what they were, whatever ends the training inside.

    Yields:
        The snapshot that is restored at the end, for restoring the model in between.
    """
    random_state, history = RandomState(), getattr(model, "history", None)
    snapshot = Snapshot(model)
    try:
        yield snapshot
    finally:
        end_of_data()
        snapshot.restore()
        model.history = history  # which fit sets before it calls the first callback
        random_state.restore()


def end_of_data() -> None:
    """End what the iterators of a finished `fit` still do.

    They are parts of reference cycles, and as long as they live, their threads fetch further batches, which may draw
    random numbers.
    """
    gc.collect()
