"""Momentum and BatchNorm statistics of a Keras model, by the names and in the layout of the weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lrcore.cifar.models.keras_model import build_keras_model, keras_variables, numpy_copy
from lrcore.cifar.models.spec import ModelSpec
from lrcore.cifar.models.weights import Weights, check_arrays
from lrcore.keras import SGD


def keras_momentum(model: keras.Model, optimizer: SGD) -> dict[str, npt.NDArray[Any]]:
    """Copy the momentum buffers b of an optimizer; before the first update, and without momentum, they are 0.

    Args:
        model: As `build_keras_model` gives it.
        optimizer: Of all trainable variables of the model.

    Returns:
        An array for each trainable variable, with the names and the layout of `initial_weights`.

    Raises:
        ValueError: When the optimizer was built without a variable of the model.
    """
    buffers, variables = _buffers(model, optimizer), _trainable(model)
    zeros = {name: np.zeros(variable.shape, variable.dtype) for name, variable in variables.items()}
    return zeros | {name: numpy_copy(buffer) for name, buffer in buffers.items()}


def assign_keras_momentum(model: keras.Model, optimizer: SGD, arrays: Weights) -> None:
    """Copy momentum, as `keras_momentum` or `torch_momentum` gives it, into the buffers of an optimizer.

    An optimizer that is not yet built is built for the model. One without momentum has no buffers, and stays so.

    Raises:
        ValueError: When the names or shapes are not those of the model's trainable variables, or the optimizer was
            built without one; nothing is changed then.
    """
    check_arrays("momentum", arrays, {name: tuple(variable.shape) for name, variable in _trainable(model).items()})
    optimizer.build(model.trainable_variables)
    for name, buffer in _buffers(model, optimizer).items():
        buffer.assign(arrays[name].astype(buffer.dtype))


def _trainable(model: keras.Model) -> dict[str, keras.Variable]:
    return {name: variable for name, variable in keras_variables(model).items() if variable.trainable}


def _buffers(model: keras.Model, optimizer: SGD) -> dict[str, keras.Variable]:
    """The buffers that there are."""
    if not optimizer.built or optimizer.momentum == 0:
        return {}
    buffers = {}
    for name, variable in _trainable(model).items():
        try:
            buffers[name] = optimizer.momentum_buffer_of(variable)
        except KeyError:
            raise ValueError(f"optimizer must hold every variable of the model, but lacks {name!r}") from None
    return buffers


class KerasBatchStatistics:
    """The moving statistics that a training pass leaves, see `reestimate_batch_norm`.

    Args:
        spec: The model.
        weights: As `initial_weights` gives them; they are copied.
        dtype: Of the computation.
    """

    def __init__(self, spec: ModelSpec, weights: Weights, *, dtype: str = "float32") -> None:
        self._dtype = dtype
        self._model = build_keras_model(spec, weights, dtype)
        variables = keras_variables(self._model)
        self._statistics = {name: variable for name, variable in variables.items() if not variable.trainable}

    def __call__(self, images: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """The moving statistics by name after a batch of images (N, 32, 32, 3)."""
        self._model(images.astype(self._dtype, copy=False), training=True)
        return {name: numpy_copy(variable) for name, variable in self._statistics.items()}
