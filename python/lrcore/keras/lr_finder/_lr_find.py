"""The learning-rate range test of a Keras model in one call."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import chain
from types import GeneratorType
from typing import Any

import keras

from lrcore._progress import progress_bar
from lrcore._validation import as_float, as_positive_int
from lrcore.keras._optimizer_state import batches_per_update, require_every_step, require_settable
from lrcore.keras._snapshot import preserve_model, release_data_iterators, require_trainable
from lrcore.keras.lr_finder._sweep import MAX_SKIPPED, Sweep, Validation
from lrcore.range_test import RangeTest, RangeTestResult, StopReason


def lr_find(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    batch_size: int = 32,
    start_lr: float = 1e-5,
    end_lr: float = 10.0,
    num_iter: int = 100,
    step_mode: str = "exp",
    beta: float = 0.98,
    divergence_factor: float = 4.0,
    batches_per_lr: int = 1,
    align: str = "used",
    min_iter: int = 0,
    repeats: int = 1,
    validation_data: Any = None,
    validation_batches: int | None = None,
    metric: str | None = None,
    progress: bool = True,
) -> RangeTestResult:
    """Run an LR range test on a compiled model and leave it as it was; see `LRFinder`.

    Passes over the data as often as `num_iter` points need. Whatever ends the test, an exception and Ctrl-C included,
    everything is put back first.

    Args:
        model: A built and compiled model.
        x: What `fit` takes: arrays, a PyDataset, a tf.data.Dataset, a torch DataLoader or a generator (which is read
            once, as far as the test goes).
        y: Targets, where x is an array; the samples are then shuffled, as `fit` does. Without it x keeps its order.
        batch_size: Samples per batch, for arrays.
        start_lr: Learning rate of the first point.
        end_lr: Learning rate of the last.
        num_iter: Number of points.
        step_mode: "exp" or "linear".
        beta: Weight of the past in the moving average of the loss, in [0, 1).
        divergence_factor: How many times its best the smoothed loss may be.
        batches_per_lr: Updates with each learning rate; the point has the mean of their losses.
        align: "used", or "effect" to pair each learning rate with the loss of the update after it.
        min_iter: Points without which the test does not end as diverged.
        repeats: Number of tests, each from the same state of the model; the random generators and the batches go on.
        validation_data: (x, y) or (x, y, sample_weight) of arrays, a PyDataset or any iterable of batches; the test
            then judges the loss on these after each update. None for the loss of training.
        validation_batches: Use only the first batches of `validation_data`; None for all.
        metric: Name of a compiled metric to record as well, on the validation data if there are any, else on each
            batch by itself.
        progress: Whether to show a progress bar.

    Returns:
        The curve, with the reason why it ended: `finished`, `diverged`, `nonfinite` or `data_exhausted`; of several
        repeats the mean, see `RangeTestResult.of_repeats`.

    Raises:
        TypeError, ValueError: As `LRFinder`.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> lr_find(model, np.ones((64, 2)), np.ones((64, 1)), end_lr=0.1, num_iter=4, progress=False).stop_reason.name
        'finished'
    """
    range_tests = [
        RangeTest(
            as_float("start_lr", start_lr),
            as_float("end_lr", end_lr),
            num_iter,
            beta,
            divergence_factor,
            step_mode=step_mode,
            batches_per_lr=batches_per_lr,
            align=align,
            min_iter=min_iter,
        )
        for _ in range(as_positive_int("repeats", repeats))
    ]
    if validation_data is not None and align == "effect":
        raise ValueError(
            "align must be 'used' with validation_data, whose loss shows the effect already, but got 'effect'"
        )
    if y is not None and len(keras.tree.flatten(x)[0]) == 0:
        raise ValueError("x must hold at least one sample, but is empty")
    require_trainable(model)
    require_every_step(model, "lr_find")
    require_settable(model, "lr_find")
    updates = sum(range_test.num_updates for range_test in range_tests)
    with preserve_model(model) as snapshot, progress_bar(updates, progress) as advance:
        validation = None
        if validation_data is not None:
            validation = Validation(model, validation_data, batch_size, validation_batches)
        for repeat, range_test in enumerate(range_tests):
            if repeat > 0:
                snapshot.restore(random_state=False)
                x = _remaining(x)
            if x is None:
                break
            _fit(model, x, y, batch_size, Sweep(range_test, metric, validation, advance))
            if range_test.stop_reason is StopReason.data_exhausted:
                break
    return _combined(range_tests)


def _fit(model: keras.Model, x: Any, y: Any, batch_size: int, sweep: Sweep) -> None:
    batches = sweep.range_test.num_updates * batches_per_update(model.optimizer) + MAX_SKIPPED
    # Keras would begin a second epoch of a used-up generator with the two batches that it looked at beforehand.
    epochs = 1 if isinstance(x, GeneratorType) else batches
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data", UserWarning)
        model.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=y is not None, verbose=0, callbacks=[sweep])
    release_data_iterators()


def _remaining(x: Any) -> Any:
    """The unread rest of a generator (None if exhausted); any other input unchanged."""
    if not isinstance(x, GeneratorType):
        return x
    for first in x:
        return (batch for batch in chain([first], x))
    return None


def _combined(range_tests: Sequence[RangeTest]) -> RangeTestResult:
    """One curve of the tests that have recorded anything."""
    results = [test.result() for test in range_tests if test.stop_reason is not None]
    recorded = [result for result in results if len(result.lrs) > 0]
    return RangeTestResult.of_repeats(recorded) if recorded else results[0]
