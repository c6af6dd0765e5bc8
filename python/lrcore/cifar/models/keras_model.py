"""The models in Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import keras
except ImportError as error:
    raise ImportError("lrcore.cifar.models.keras_model needs Keras: pip install 'lrcore[keras]'") from error

from lrcore.cifar.models.spec import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_MOMENTUM,
    IMAGE_SHAPE,
    AveragePool,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ModelSpec,
    Relu,
)
from lrcore.cifar.models.weights import Weights, check_weights


def build_keras_model(spec: ModelSpec, weights: Weights, dtype: str = "float32") -> keras.Model:
    """Build a model with the given weights.

    It takes images as (N, 32, 32, 3) and gives logits (N, 10). The only random number that is drawn is the seed of
    each dropout layer: call `keras.utils.set_random_seed` before, to fix them.

    Args:
        spec: The model.
        weights: As `initial_weights` gives them; they are copied.
        dtype: Of variables and images.

    Raises:
        ValueError: When the names or shapes of the weights are not those of the model.

    Example:
        >>> from lrcore.cifar.models import QUICK, initial_weights
        >>> build_keras_model(QUICK, initial_weights(QUICK, seed=0)).output_shape
        (None, 10)
    """
    layers = zip(spec.layer_names, spec.layers, strict=True)
    built = [layer for name, described in layers for layer in _layers(name, described, dtype)]
    model = keras.Sequential([keras.Input(IMAGE_SHAPE, dtype=dtype), *built], name=spec.name)
    variables = _canonical_variables(model)
    check_weights({name: tuple(variable.shape) for name, variable in variables.items()}, weights)
    for name, variable in variables.items():
        variable.assign(weights[name].astype(dtype))
    return model


def keras_weights(model: keras.Model) -> dict[str, npt.NDArray[Any]]:
    """Copy the weights of a model into NumPy, with the names and the layout of `initial_weights`."""
    return {name: np.array(variable.numpy()) for name, variable in _canonical_variables(model).items()}


def undecayed_variables(model: keras.Model, spec: ModelSpec) -> list[keras.Variable]:
    """The variables without weight decay, for an optimizer's `exclude_from_weight_decay(var_list=...)`."""
    decayed = {f"{layer.name}/kernel" for layer in spec.weighted_layers if layer.weight_decay}
    variables = _canonical_variables(model)
    return [variable for name, variable in variables.items() if variable.trainable and name not in decayed]


def _layers(name: str, layer: Layer, dtype: str) -> Iterator[keras.layers.Layer]:
    """The Keras layers of one layer; the first has its name."""
    kernel = {"kernel_initializer": "zeros", "name": name, "dtype": dtype}
    match layer:
        case Conv(outputs=outputs, kernel_size=size, relu=relu):
            yield keras.layers.Conv2D(outputs, size, padding="same", activation="relu" if relu else None, **kernel)
        case Dense(outputs=outputs, relu=relu):
            yield keras.layers.Dense(outputs, activation="relu" if relu else None, **kernel)
        case MaxPool(size, stride):
            yield keras.layers.MaxPooling2D(size, stride, name=name, dtype=dtype)
        case AveragePool(size, stride):
            yield keras.layers.AveragePooling2D(size, stride, name=name, dtype=dtype)
        case Relu():
            yield keras.layers.ReLU(name=name, dtype=dtype)
        case Dropout(rate):
            yield keras.layers.Dropout(rate, name=name, dtype=dtype)
        case Flatten():
            yield keras.layers.Flatten(name=name, dtype=dtype)
    if isinstance(layer, Conv) and layer.batch_norm:
        yield keras.layers.BatchNormalization(
            momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON, name=f"{name}_batch_norm", dtype=dtype
        )


def _canonical_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Every weight by its name in `initial_weights`; Keras' names and layout are the same."""
    return {
        f"{layer.name.removesuffix('_batch_norm')}/{variable.name}": variable
        for layer in model.layers
        for variable in layer.weights
    }
