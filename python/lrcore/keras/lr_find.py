"""The LR range test in one call."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import GeneratorType
from typing import Any

import keras

from lrcore.keras.finder import LRFinder
from lrcore.range_test import RangeTest
from lrcore.range_test_result import RangeTestResult


def lr_find(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 32,
    start_lr: float = 1e-5,
    end_lr: float = 10.0,
    num_iter: int = 100,
    beta: float = 0.98,
    divergence_factor: float = 4.0,
) -> RangeTestResult:
    """Run an LR range test on a compiled model and leave it as it was; see `LRFinder`.

    Passes over the data as often as `num_iter` updates need. Whatever ends the test, an exception and Ctrl-C
    included, everything is put back first.

    Args:
        model: A built and compiled model.
        x: What `fit` takes: arrays, a PyDataset, a tf.data.Dataset or a generator (which is read once, as far as the
            test goes).
        y: Targets, where x is an array; the samples are then shuffled, as `fit` does. Without it x keeps its order.
        batch_size: Samples per update, for arrays.
        start_lr: Learning rate of the first update.
        end_lr: Learning rate of the last.
        num_iter: Number of updates.
        beta: Weight of the past in the moving average of the loss, in [0, 1).
        divergence_factor: How many times its best the smoothed loss may be.

    Returns:
        The curve, with the reason why it ended: `finished`, `diverged`, `nonfinite` or `data_exhausted`.

    Raises:
        ValueError: As `LRFinder`.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> lr_find(model, np.ones((64, 2)), np.ones((64, 1)), end_lr=0.1, num_iter=4).stop_reason.name
        'finished'
    """
    RangeTest(start_lr, end_lr, num_iter, beta, divergence_factor)  # so that bad arguments are named as they are here
    finder = LRFinder(start_lr, end_lr, num_iter, beta, divergence_factor=divergence_factor)
    # Keras would begin a second epoch of a used-up generator with the two batches that it looked at beforehand.
    epochs = 1 if isinstance(x, GeneratorType) else num_iter
    shuffle = y is not None
    with _marks_of_fit_kept(model), finder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data", UserWarning)
        model.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=shuffle, verbose=0, callbacks=[finder])
    return finder.result


@contextmanager
def _marks_of_fit_kept(model: keras.Model) -> Iterator[None]:
    """Keep what `fit` sets on the model before it calls the first callback."""
    history, stop_training = getattr(model, "history", None), model.stop_training
    try:
        yield
    finally:
        model.history, model.stop_training = history, stop_training
