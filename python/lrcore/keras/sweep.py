"""One range test over one `fit`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from lrcore.keras.batch_loss import BatchLoss
from lrcore.keras.batch_metric import BatchMetric, number_of
from lrcore.keras.learning_rate import UpdateCounter
from lrcore.keras.validation import Validation
from lrcore.range_test import RangeTest, StopReason

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
        metric = None if self._metric is None else number_of(self._metric, results)
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
