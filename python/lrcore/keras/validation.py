"""The loss of a model on a few batches that it is not trained on, between two of its updates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lrcore._arguments import positive_count
from lrcore.keras.jax_state import fallback_kept

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
            positive_count("validation_batches", max_batches)
        self._model = model
        self._batches = [_in_numpy(batch) for batch in islice(_batches(data, batch_size), max_batches)]
        if not self._batches:
            raise ValueError(f"validation_data must hold at least one batch, but {type(data).__name__} is empty")

    def measure(self) -> dict[str, Any]:
        """Loss and metrics, by their names in the logs of `fit`."""
        model = self._model
        with fallback_kept(model), _evaluation_mode(model):
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
    from lrcore.keras.torch_modules import evaluation_mode

    return evaluation_mode(model)
