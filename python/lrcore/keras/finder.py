"""The LR range test as a Keras callback."""

from __future__ import annotations

import gc
from typing import Any

import keras
import numpy as np

from lrcore.keras.batch_loss import BatchLoss
from lrcore.keras.finder_plots import FinderPlots
from lrcore.keras.learning_rate import UpdateCounter, require_every_step, require_settable
from lrcore.keras.random_state import RandomState
from lrcore.keras.snapshot import Snapshot
from lrcore.range_test import RangeTest, StopReason
from lrcore.range_test_result import RangeTestResult


class LRFinder(FinderPlots, keras.callbacks.Callback):
    """Raise the learning rate from `start_lr` to `end_lr` over one `fit`, record the loss, put everything back.

    Update i of n uses lr(i) = start_lr * (end_lr / start_lr)**(i / (n - 1)) and is recorded with that learning rate
    and the true loss of its batch. Training stops after `step_size` updates, when the smoothed loss exceeds its best
    by `divergence_factor`, or at once when the loss is NaN or infinite.

    At the end of `fit` the weights, the optimizer, the metrics and the global random generators of Python, NumPy,
    Keras and TensorFlow are what they were. As a context manager it sees to that after an exception or Ctrl-C too,
    and takes in what `fit` draws from the generators before its callbacks start:

        with LRFinder() as finder:
            model.fit(x, y, callbacks=[finder])

    What the data keep for themselves (the place of a generator, the shuffle buffer of a tf.data.Dataset, the order
    of a PyDataset) cannot be put back.

    Args:
        start_lr: Learning rate of the first update.
        end_lr: Learning rate of the last.
        step_size: Number of updates; None for all that the `fit` does.
        beta: Weight of the past in the moving average of the loss, in [0, 1).
        divergence_factor: How many times its best the smoothed loss may be.

    Raises:
        ValueError: For an argument out of range; at the start of `fit`, before anything is changed, for a model that
            is not built or was compiled with `steps_per_execution` above 1 or a `LearningRateSchedule`, and without
            `step_size` for data of unknown length.

    Source: Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186, section 3.3.

    Example:
        >>> LRFinder(1e-5, 1e-2, step_size=100).result
        Traceback (most recent call last):
            ...
        RuntimeError: the range test has not run yet: give this callback to model.fit
    """

    def __init__(
        self,
        start_lr: float = 1e-5,
        end_lr: float = 10.0,
        step_size: int | None = None,
        beta: float = 0.98,
        *,
        divergence_factor: float = 4.0,
    ) -> None:
        super().__init__()
        self._sweep = {"start_lr": start_lr, "end_lr": end_lr, "beta": beta, "divergence_factor": divergence_factor}
        self._step_size = step_size
        self._new_range_test(2 if step_size is None else step_size)  # so that bad arguments raise here
        self._range_test: RangeTest | None = None
        self._batch_loss = BatchLoss()
        self._snapshot: Snapshot | None = None
        self._random_state: RandomState | None = None
        self._in_context = False

    @property
    def result(self) -> RangeTestResult:
        """The recorded curve and the reason why it ended."""
        return self._started_range_test().result()

    def __enter__(self) -> LRFinder:
        self._in_context = True
        self._random_state = RandomState()
        return self

    def __exit__(self, *exception: object) -> None:
        self._in_context = False
        # Keras' iterator over the data is part of a reference cycle, and as long as it lives, a thread fetches further
        # batches, which may draw random numbers.
        gc.collect()
        self.restore()

    def restore(self) -> None:
        """Put everything back after a `fit` that an exception ended; does nothing otherwise."""
        self._put_back(StopReason.interrupted)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check everything, then take the snapshot."""
        if self._snapshot is not None:  # an exception ended the last fit
            self.restore()
        require_every_step(self)
        require_settable(self)
        self._batch_loss.set_model(self.model)
        self._batch_loss.set_params(self.params)
        self._batch_loss.on_train_begin(logs)
        range_test = self._new_range_test(self._step_size or self._updates_of_fit())
        self._snapshot = Snapshot(self.model)
        self._random_state = self._random_state or RandomState()
        self._updates = UpdateCounter(self.model.optimizer)
        self._losses_of_update: list[float] = []
        self._range_test = range_test

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        self._batch_loss.on_train_batch_begin(batch, logs)
        self.model.optimizer.learning_rate = self._started_range_test().lr

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the update, and stop training when the test has ended."""
        self._batch_loss.on_train_batch_end(batch, logs)
        self._losses_of_update.append(self._batch_loss.last)
        if self._updates.advance() == 0:
            return  # gradients were accumulated, for an update to come
        range_test = self._started_range_test()
        range_test.record(float(np.mean(self._losses_of_update)))
        self._losses_of_update.clear()
        if range_test.stop_reason is not None:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the loss of the epoch as Keras would report it."""
        self._batch_loss.on_epoch_end(epoch, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Put everything back."""
        self._put_back(StopReason.interrupted if self.model.stop_training else StopReason.data_exhausted)

    def _started_range_test(self) -> RangeTest:
        if self._range_test is None:
            raise RuntimeError("the range test has not run yet: give this callback to model.fit")
        return self._range_test

    def _new_range_test(self, step_size: int) -> RangeTest:
        try:
            return RangeTest(num_iter=step_size, **self._sweep)
        except (TypeError, ValueError) as error:
            # The sentence names the range test's argument; the caller gave this callback's.
            raise type(error)(str(error).replace("num_iter", "step_size")) from None

    def _updates_of_fit(self) -> int:
        if self.params["steps"] is None:
            raise ValueError("step_size must be given for data of unknown length, but got None")
        batches = int(self.params["epochs"] * self.params["steps"])
        return batches // (self.model.optimizer.gradient_accumulation_steps or 1)

    def _put_back(self, reason: StopReason) -> None:
        if self._snapshot is not None:
            if self._started_range_test().stop_reason is None:
                self._started_range_test().stop(reason)
            self._snapshot.restore()
            self._snapshot = None
        if self._random_state is not None:
            self._random_state.restore()
        if not self._in_context:
            self._random_state = None
