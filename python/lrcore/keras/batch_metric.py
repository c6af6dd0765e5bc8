"""A compiled metric of each batch, where Keras keeps the mean of the epoch so far."""

from __future__ import annotations

import keras
import numpy as np


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
        return number_of(self._name, self._model.get_metrics_result())


def number_of(name: str, results: dict[str, object]) -> float:
    """The metric `name` among `results`, which hold the loss as well."""
    known = [known for known in results if known != "loss"]
    if name not in known:
        raise ValueError(f"metric must be one that the model was compiled with, of {known}, but got {name!r}")
    value = keras.ops.convert_to_numpy(results[name])
    if np.ndim(value) > 0:
        raise ValueError(f"metric must be a single number, but {name!r} has the shape {np.shape(value)}")
    return float(value)
