"""One range test over one `fit`: sets each batch's learning rate and records its loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lrcore._validation import as_positive_int
from lrcore.keras._batch_loss import BatchLoss, BatchMetric, metric_value
from lrcore.keras._optimizer_state import UpdateCounter, preserve_fallback
from lrcore.range_test import RangeTest, StopReason

Arrays = list[npt.NDArray[Any]]


class Validation:
    """Measures `model` as `model.evaluate` does, always on the same batches, also between two batches of a `fit`.

    The metrics of the model, those that `fit` adds up included, then hold what has been measured.

    Args:
        model: A compiled model.
        data: (x, y) or (x, y, sample_weight) of arrays, a PyDataset, a tf.data.Dataset or any other iterable of
            batches.
        batch_size: Samples per batch, for arrays.
        max_batches: How many batches to take, from the first; None for all.

    Raises:
        ValueError: If `data` holds no batch, or `max_batches` is less than 1.
        TypeError: If `data` is none of these.
    """

    def __init__(self, model: keras.Model, data: Any, batch_size: int, max_batches: int | None = None) -> None:
        if max_batches is not None:
            as_positive_int("validation_batches", max_batches)
        self._model = model
        self._batches = [_in_numpy(batch) for batch in islice(_batches(data, batch_size), max_batches)]
        if not self._batches:
            raise ValueError(f"validation_data must hold at least one batch, but {type(data).__name__} is empty")

    def measure(self) -> dict[str, Any]:
        """Loss and metrics, by their names in the logs of `fit`."""
        model = self._model
        with preserve_fallback(model), _evaluation_mode(model):
            sums: Arrays = []
            for batch in self._batches:
                model.test_on_batch(*batch)  # which empties the metrics first; their variables are sums over samples
                values = self._metric_values()
                sums = [a + b for a, b in zip(sums, values, strict=True)] if sums else values
            for variable, value in zip(model.metrics_variables, sums, strict=True):
                variable.assign(value)
        return dict(model.get_metrics_result())

    def _metric_values(self) -> Arrays:
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in self._model.metrics_variables]


def _batches(data: Any, batch_size: int) -> Iterator[Any]:
    if isinstance(data, tuple):
        return _slices(data, batch_size)
    if isinstance(data, keras.utils.PyDataset):
        return (data[index] for index in range(len(data)))
    if not isinstance(data, Iterable):
        raise TypeError(f"validation_data must be (x, y) or an iterable of batches, but got {data!r}")
    return iter(data)


def _slices(arrays: tuple[Any, ...], batch_size: int) -> Iterator[Any]:
    for start in range(0, len(keras.tree.flatten(arrays)[0]), batch_size):
        yield keras.tree.map_structure(lambda array, at=start: array[at : at + batch_size], arrays)


def _in_numpy(batch: Any) -> tuple[Any, ...]:
    """(x, y, sample_weight), from whatever framework."""
    parts = keras.utils.unpack_x_y_sample_weight(batch)
    return tuple(part if part is None else keras.tree.map_structure(_array, part) for part in parts)


def _array(tensor: Any) -> npt.NDArray[Any]:
    return np.array(keras.ops.convert_to_numpy(tensor))


def _evaluation_mode(model: keras.Model) -> AbstractContextManager[None]:
    if keras.backend.backend() != "torch":
        return nullcontext()
    from lrcore.keras._torch_modules import evaluation_mode

    return evaluation_mode(model)


MAX_SKIPPED = 256  # batches in a row: by then any loss scale has become small enough


class Sweep(keras.callbacks.Callback):
    """Gives every update the learning rate that `range_test` says, records it, and stops `fit` when the test ends.

    Puts nothing back.

    Args:
        range_test: A test that has not begun.
        metric: Name of a compiled metric to record as well; None for none.
        validation: Where the recorded loss and metric come from; None for the batches of training.
        on_update: Called with the learning rate and the loss of each recorded update.

    Raises:
        ValueError: During `fit`, if the model has no such metric.
    """

    def __init__(
        self,
        range_test: RangeTest,
        metric: str | None = None,
        validation: Validation | None = None,
        on_update: Callable[[float, float], None] = lambda lr, loss: None,
    ) -> None:
        super().__init__()
        self.range_test = range_test
        self._metric = metric
        self._validation = validation
        self._on_update = on_update
        self._batch_loss = BatchLoss()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find what to measure; changes nothing."""
        self._batch_loss.set_model(self.model)
        self._batch_loss.set_params(self.params)
        self._batch_loss.on_train_begin(logs)
        self._batch_metric: BatchMetric | None = None
        if self._metric is not None and self._validation is None:
            self._batch_metric = BatchMetric(self.model, self._metric)
        self._updates = UpdateCounter(self.model)
        self._of_update: list[tuple[float, float]] = []
        self._skipped = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the batches of the epoch."""
        self._batches = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        self._batch_loss.on_train_batch_begin(batch, logs)
        if self._batch_metric is not None:
            self._batch_metric.begin()
        self.model.optimizer.learning_rate = self.range_test.lr

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the update, if this batch has completed one."""
        self._batches += 1
        self._batch_loss.on_train_batch_end(batch, logs)
        loss, updates = self._batch_loss.last, self._updates.advance()
        if self._updates.skipped and math.isfinite(loss):
            self._skip()
            return
        self._of_update.append((loss, math.nan if self._batch_metric is None else self._batch_metric.read()))
        if updates or self._updates.skipped:  # skipped because of this very loss
            self._record()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the loss of the epoch as Keras would report it; stop at data that cannot be read again."""
        self._batch_loss.on_epoch_end(epoch, logs)
        if self._batches == 0:
            self._stop(StopReason.data_exhausted)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Say why the test ended, if it has not said so itself."""
        self.range_test.stop(StopReason.interrupted if self.model.stop_training else StopReason.data_exhausted)

    def _record(self) -> None:
        lr = self.range_test.lr
        loss, metric = np.mean(self._of_update, axis=0).tolist()
        self._of_update.clear()
        self._skipped = 0
        if self._validation is None:
            self.range_test.record(loss, metric=None if self._metric is None else metric)
        else:
            loss = self._record_validation(self._validation.measure(), loss)
        self._on_update(lr, loss)
        if self.range_test.stop_reason is not None:
            self.model.stop_training = True

    def _record_validation(self, results: dict[str, Any], training_loss: float) -> float:
        loss = float(results["loss"])
        metric = None if self._metric is None else metric_value(self._metric, results)
        self.range_test.record(loss, training_loss=training_loss, metric=metric)
        return loss

    def _skip(self) -> None:
        """Leave out a batch whose gradients overflowed by the loss scale alone, so that Keras did no update."""
        self._skipped += 1
        if self._skipped > MAX_SKIPPED:
            self._stop(StopReason.nonfinite)

    def _stop(self, reason: StopReason) -> None:
        self.range_test.stop(reason)
        self.model.stop_training = True
