"""The loss and the metrics of each batch; Keras gives callbacks only their running means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lrcore.keras._optimizer_state import attach_state, require_every_step


class BatchLoss(keras.callbacks.Callback):
    """Measure the loss of every training batch by itself.

    `logs["loss"]` of a Keras batch is the mean of the epoch so far. This callback empties the model's loss tracker
    before each batch, reads it afterwards and then puts the sum of the epoch back, so that the progress bar, the
    callbacks after this one and the `History` of `fit` stay as they are, bit for bit. (Callbacks before it in the
    list find the batch loss in `logs["loss"]` of a batch.) Where Keras does not know how many batches an epoch has,
    the tracker is left alone and the loss is the difference of two float32 sums, good to about 1e-7 times the
    number of batches so far.

    Regularisation losses are part of it, as they are of Keras' loss. Use one BatchLoss per `fit`.

    Attributes:
        last: The mean loss of the batch that has just been trained on; NaN before the first.

    Raises:
        ValueError: At the start of `fit` if the model was compiled with `steps_per_execution` above 1 or has no
            loss tracker; during it if something else empties the tracker as well.

    Example:
        >>> BatchLoss().last
        nan
    """

    def __init__(self) -> None:
        super().__init__()
        self.last = math.nan

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the tracker."""
        require_every_step(self.model, type(self).__name__)
        self._tracker = _loss_tracker(self.model)
        # Without a known number of batches Keras announces one more than there is, and then reads the tracker.
        self._empties = self.params["steps"] is not None
        self._emptied = False

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Empty the tracker."""
        attach_state(self.model)
        self._epoch_sums = _sums(self._tracker)
        if batch > 0 and self._epoch_sums[1] == 0:
            raise ValueError("the loss tracker of the model must not be emptied by others, such as a second BatchLoss")
        if self._empties:
            _assign(self._tracker, (0.0, 0.0))
            self._emptied = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Read the batch's loss and put the epoch's sums back."""
        attach_state(self.model)
        sums = _sums(self._tracker)
        with np.errstate(over="ignore", invalid="ignore"):  # losses may overflow, as they may in Keras
            total, count = (sums if self._emptied else sums - self._epoch_sums).tolist()
            epoch_sums = self._epoch_sums + sums  # the additions that Keras would have made, in its dtype
        self.last = total / count
        if self._emptied:
            self._put_back(epoch_sums, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the epoch's sums back if the data ran out where a batch was announced."""
        if self._emptied:
            self._put_back(self._epoch_sums, logs)

    def _put_back(self, sums: npt.NDArray[np.floating[Any]], logs: dict[str, Any] | None) -> None:
        self._emptied = False
        _assign(self._tracker, sums.tolist())
        if logs is not None and "loss" in logs:
            logs["loss"] = float(sums[0] / sums[1])


def _loss_tracker(model: keras.Model) -> keras.metrics.Mean:
    for metric in model.metrics:
        if metric.name == "loss" and isinstance(metric, keras.metrics.Mean):
            return metric
    raise ValueError("the model must track its mean loss in a keras.metrics.Mean named 'loss', but has none")


def _sums(tracker: keras.metrics.Mean) -> npt.NDArray[np.floating[Any]]:
    """[sum of the losses, number of samples], in the tracker's dtype."""
    return np.array([float(tracker.total), float(tracker.count)], tracker.dtype)


def _assign(tracker: keras.metrics.Mean, sums: Sequence[float]) -> None:
    tracker.total.assign(sums[0])
    tracker.count.assign(sums[1])


class BatchMetric:
    """Measures the metric `name` of `model` on every batch by itself.

    It empties all metrics but the loss before each batch, so that the logs hold those of the last batch too.

    Args:
        model: A compiled model.
        name: What the metric is called in the logs of `fit`.
    """

    def __init__(self, model: keras.Model, name: str) -> None:
        self._model = model
        self._name = name

    def begin(self) -> None:
        """Empty the metrics, before a batch."""
        for metric in self._model.metrics:
            if metric.name != "loss":
                metric.reset_state()

    def read(self) -> float:
        """The value on the batch since then.

        Raises:
            ValueError: If the model has no such metric, or not of one number.
        """
        return metric_value(self._name, self._model.get_metrics_result())


def metric_value(name: str, results: dict[str, object]) -> float:
    """The metric `name` among `results`, which hold the loss as well."""
    known = [known for known in results if known != "loss"]
    if name not in known:
        raise ValueError(f"metric must be one that the model was compiled with, of {known}, but got {name!r}")
    value = keras.ops.convert_to_numpy(results[name])
    if np.ndim(value) > 0:
        raise ValueError(f"metric must be a single number, but {name!r} has the shape {np.shape(value)}")
    return float(value)
