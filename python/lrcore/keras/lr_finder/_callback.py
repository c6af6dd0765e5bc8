"""The learning-rate range test as a Keras callback, with the guide's plots."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from lrcore._validation import as_float, as_str, translate_argument_names
from lrcore.keras._optimizer_state import batches_per_update, require_every_step, require_settable
from lrcore.keras._snapshot import RandomState, Snapshot, release_data_iterators
from lrcore.keras.lr_finder._sweep import Sweep
from lrcore.plot import decorate, limit_to_descent, new_axes
from lrcore.range_test import RangeTest, RangeTestResult, StopReason

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Floats = npt.NDArray[np.float64]


class FinderPlots(ABC):
    """Draws `result` on given axes or on a new figure; each method returns the axes.

    The loss axis shows the descent; a curve that diverges leaves the picture.
    """

    @property
    @abstractmethod
    def result(self) -> RangeTestResult:
        """The result to draw."""

    def plot_lr(self, ax: Axes | None = None) -> Axes:
        """Draw the learning rate over the updates."""
        return _draw_over_updates(self.result.lrs, "learning rate", ax)

    def plot(self, n_skip: int = 1, ax: Axes | None = None) -> Axes:
        """Draw the loss over the learning rate, without the first `n_skip` points."""
        return _draw_over_lrs(self.result.lrs, self.result.losses, "loss", n_skip, ax)

    def plot_smoothed_loss(self, n_skip: int = 10, ax: Axes | None = None) -> Axes:
        """Draw the smoothed loss over the learning rate, without the first `n_skip` points."""
        return _draw_over_lrs(self.result.lrs, self.result.smoothed_losses, "smoothed loss", n_skip, ax)

    def plot_loss(self, ax: Axes | None = None) -> Axes:
        """Draw the loss over the updates."""
        ax = _draw_over_updates(self.result.losses, "loss", ax)
        limit_to_descent(ax, self.result.losses)
        return ax


def _draw_over_updates(values: Floats, label: str, ax: Axes | None) -> Axes:
    return _draw(np.arange(len(values)), values, "update", label, ax)


def _draw_over_lrs(lrs: Floats, losses: Floats, label: str, n_skip: int, ax: Axes | None) -> Axes:
    if n_skip < 0:
        raise ValueError(f"n_skip must not be negative, but got {n_skip}")
    ax = _draw(lrs[n_skip:], losses[n_skip:], "learning rate", label, ax)
    ax.set_xscale("log")
    limit_to_descent(ax, losses[n_skip:])
    return ax


def _draw(x: npt.NDArray[Any], y: Floats, x_label: str, y_label: str, ax: Axes | None) -> Axes:
    ax = new_axes() if ax is None else ax
    ax.plot(x, y, linewidth=1.8)
    ax.set(xlabel=x_label, ylabel=y_label)
    decorate(ax)
    return ax


class LRFinder(FinderPlots, keras.callbacks.Callback):
    """Raise the learning rate from `start_lr` to `end_lr` over one `fit`, record the loss, put everything back.

    Point i of n has lr(i) = start_lr * (end_lr / start_lr)**(i / (n - 1)) and the true loss of the batch that it was
    used for. Training stops after `step_size` points, when the smoothed loss exceeds its best by `divergence_factor`,
    or at once when the loss is NaN or infinite.

    At the end of `fit` the weights, the optimizer, the metrics and the global random generators of Python, NumPy,
    Keras, TensorFlow and torch are what they were. As a context manager it sees to that after an exception or Ctrl-C
    too, and on TensorFlow takes in what `fit` draws from the generators before its callbacks start:

        with LRFinder() as finder:
            model.fit(x, y, callbacks=[finder])

    What the data keep for themselves (the place of a generator, the shuffle buffer of a tf.data.Dataset, the order
    of a PyDataset) cannot be put back.

    Args:
        start_lr: Learning rate of the first point.
        end_lr: Learning rate of the last.
        step_size: Number of points; None for as many as the `fit` does.
        beta: Weight of the past in the moving average of the loss, in [0, 1).
        divergence_factor: How many times its best the smoothed loss may be.
        step_mode: "exp", or "linear" for lr(i) = start_lr + (end_lr - start_lr) * i / (n - 1).
        batches_per_lr: Updates with each learning rate; the point has the mean of their losses.
        align: "used", or "effect" to pair each learning rate with the loss of the update after it, which is the first
            to show what it did; one more update is then done at the end.
        min_iter: Points without which the test does not end as diverged.
        metric: Name of a compiled metric to record as well, of each batch by itself; the logs of this `fit` hold that
            of the last batch then.

    Raises:
        TypeError: For an argument of the wrong type.
        ValueError: For an argument out of range; at the start of `fit`, before anything is changed, for a model that
            is not built (by itself or, on the JAX and torch backends, by `fit`) or was compiled with
            `steps_per_execution` above 1 or a `LearningRateSchedule`, and without `step_size` for data of unknown
            length; after the first batch, when everything has been put back, for an unknown `metric`.

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
        step_mode: str = "exp",
        batches_per_lr: int = 1,
        align: str = "used",
        min_iter: int = 0,
        metric: str | None = None,
    ) -> None:
        super().__init__()
        self._options: dict[str, Any] = {
            "start_lr": as_float("start_lr", start_lr),  # one: a Keras optimizer has no parameter groups
            "end_lr": as_float("end_lr", end_lr),
            "beta": beta,
            "divergence_factor": divergence_factor,
            "step_mode": step_mode,
            "batches_per_lr": batches_per_lr,
            "align": align,
            "min_iter": min_iter,
        }
        self._metric = None if metric is None else as_str("metric", metric)
        self._step_size = step_size
        self._new_range_test(2 if step_size is None else step_size)  # so that bad arguments raise here
        self._sweep: Sweep | None = None
        self._snapshot: Snapshot | None = None
        self._random_state: RandomState | None = None
        self._in_context = False

    @property
    def result(self) -> RangeTestResult:
        """The recorded curve and the reason why it ended."""
        return self._started_sweep().range_test.result()

    def __enter__(self) -> LRFinder:
        self._in_context = True
        self._random_state = RandomState()
        return self

    def __exit__(self, *exception: object) -> None:
        self._in_context = False
        release_data_iterators()
        self.restore()

    def restore(self) -> None:
        """Put everything back after a `fit` that an exception ended; does nothing otherwise."""
        if self._snapshot is not None:
            self._started_sweep().range_test.stop(StopReason.interrupted)
            self._snapshot.restore()
            self._snapshot = None
        if self._random_state is not None:
            self._random_state.restore()
        if not self._in_context:
            self._random_state = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check everything, then take the snapshot."""
        if self._snapshot is not None:  # an exception ended the last fit
            self.restore()
        require_every_step(self.model, "LRFinder")
        require_settable(self.model, "LRFinder")
        sweep = Sweep(self._new_range_test(self._step_size or self._points_of_fit()), self._metric)
        sweep.set_model(self.model)
        sweep.set_params(self.params)
        sweep.on_train_begin(logs)
        self._snapshot = Snapshot(self.model)
        # The first fit of a model on the other backends looks at a batch before its callbacks start. Training would
        # have done so without the finder and will not do so again: what that drew has to stay drawn.
        if self._random_state is None or keras.backend.backend() != "tensorflow":
            self._random_state = RandomState()
        self._sweep = sweep

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the batches of the epoch."""
        self._started_sweep().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        with self._restored_on_error():
            self._started_sweep().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the update, and stop training when the test has ended."""
        with self._restored_on_error():
            self._started_sweep().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the loss of the epoch as Keras would report it."""
        self._started_sweep().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Put everything back."""
        self._started_sweep().on_train_end(logs)
        self.restore()

    def _started_sweep(self) -> Sweep:
        if self._sweep is None:
            raise RuntimeError("the range test has not run yet: give this callback to model.fit")
        return self._sweep

    def _new_range_test(self, step_size: int) -> RangeTest:
        with translate_argument_names(num_iter="step_size"):
            return RangeTest(num_iter=step_size, **self._options)

    def _points_of_fit(self) -> int:
        """Number of points that the updates of this `fit` are enough for."""
        if self.params["steps"] is None:
            raise ValueError("step_size must be given for data of unknown length, but got None")
        updates = self.params["epochs"] * self.params["steps"] // batches_per_update(self.model.optimizer)
        if self._options["align"] == "effect":
            updates -= 1  # which closes the last point
        return int(updates // self._options["batches_per_lr"])

    @contextmanager
    def _restored_on_error(self) -> Iterator[None]:
        """Keras calls no callback when one of them raises."""
        try:
            yield
        except ValueError:
            self.restore()
            raise
