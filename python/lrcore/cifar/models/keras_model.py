"""The CIFAR-10 models in Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    import keras
except ImportError as error:
    raise ImportError("lrcore.cifar.models.keras_model needs Keras: pip install 'lrcore[keras]'") from error

from lrcore.cifar.models import spec as layers
from lrcore.cifar.models.spec import IMAGE_SHAPE, LayerNode, ModelSpec
from lrcore.cifar.models.weights import Weights, check_arrays


def build_keras_model(spec: ModelSpec, weights: Weights, dtype: str = "float32") -> keras.Model:
    """Build a model with the given weights.

    It takes images as (N, 32, 32, 3) and gives logits (N, 10). It is a functional model of Keras' own layers, one for
    each layer of the spec and of the same name, also inside a Residual. The only random number that is drawn is the
    seed of each dropout layer: call `keras.utils.set_random_seed` before, to fix them.

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
    images = keras.Input(IMAGE_SHAPE, dtype=dtype, name="images")
    model = keras.Model(images, _connect(spec.nodes, images, dtype), name=spec.name)
    assign_keras_weights(model, weights)
    return model


def keras_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Every weight by its name in `initial_weights`; Keras' names and layout are the same."""
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def keras_weights(model: keras.Model) -> dict[str, npt.NDArray[Any]]:
    """Copy the weights of a model into NumPy, with the names and the layout of `initial_weights`."""
    return {name: numpy_copy(variable) for name, variable in keras_variables(model).items()}


def assign_keras_weights(model: keras.Model, weights: Weights) -> None:
    """Copy weights, as `keras_weights` gives them, into a model, whose variables stay the same objects.

    Raises:
        ValueError: When the names or shapes are not those of the model; nothing is changed then.
    """
    variables = keras_variables(model)
    check_arrays("weights", weights, {name: tuple(variable.shape) for name, variable in variables.items()})
    for name, variable in variables.items():
        variable.assign(weights[name].astype(variable.dtype))


def numpy_copy(variable: keras.Variable) -> npt.NDArray[Any]:
    """A copy of the value of a variable."""
    return np.array(keras.ops.convert_to_numpy(variable))


def undecayed_variables(model: keras.Model, spec: ModelSpec) -> list[keras.Variable]:
    """The variables without weight decay, for an optimizer's `exclude_from_weight_decay(var_list=...)`."""
    decayed = {f"{layer.name}/kernel" for layer in spec.kernel_layers if layer.weight_decay}
    variables = keras_variables(model)
    return [variable for name, variable in variables.items() if variable.trainable and name not in decayed]


def _connect(nodes: Iterable[LayerNode], inputs: Any, dtype: str) -> Any:
    """The output of the layers for `inputs`."""
    outputs = inputs
    for node in nodes:
        taken = [outputs, _connect(node.inner, outputs, dtype)] if node.inner else outputs
        outputs = _layer(node.layer, name=node.name, dtype=dtype)(taken)
    return outputs


def _layer(layer: layers.Layer, **options: str) -> keras.layers.Layer:
    match layer:
        case layers.Conv(outputs=outputs, kernel_size=size, bias=bias):
            kernel = {"use_bias": bias, "kernel_initializer": "zeros"}
            return keras.layers.Conv2D(outputs, size, padding="same", **kernel, **options)
        case layers.Dense(outputs=outputs, bias=bias):
            return keras.layers.Dense(outputs, use_bias=bias, kernel_initializer="zeros", **options)
        case layers.BatchNorm(momentum=momentum, epsilon=epsilon):
            return keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon, **options)
        case layers.MaxPool(size, stride):
            return keras.layers.MaxPooling2D(size, stride, **options)
        case layers.AveragePool(size, stride):
            return keras.layers.AveragePooling2D(size, stride, **options)
        case layers.Relu():
            return keras.layers.ReLU(**options)
        case layers.Dropout(rate):
            return keras.layers.Dropout(rate, **options)
        case layers.Flatten():
            return keras.layers.Flatten(**options)
        case layers.Scale(factor):
            return keras.layers.Rescaling(factor, **options)
        case layers.Residual():
            return keras.layers.Add(**options)
