"""The update of all of an optimizer's variables by one call into the core, from eager TensorFlow or its graphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from lrcore.sgd import sgd_step

if TYPE_CHECKING:
    from lrcore.keras.sgd import SGD

Array = npt.NDArray[np.floating[Any]]


def dense(gradient: Any) -> tf.Tensor:
    """The gradient of an embedding as a full tensor: momentum and decay move its other rows as well."""
    return tf.convert_to_tensor(gradient)


def runs_in_core(variables: Sequence[Any]) -> bool:
    """Whether the core can update `variables` here, which is on the host, and with types that it knows.

    XLA compiles no Python call, and a tf.distribute strategy updates each replica's copy by rules of its own.
    """
    if tf.__internal__.get_enclosing_xla_context() is not None or tf.distribute.has_strategy():
        return False
    return all(_is_on_cpu(native(v)) and native(v).dtype in (tf.float32, tf.float64) for v in variables)


def native(variable: Any) -> tf.Variable:
    """TensorFlow's variable behind a Keras variable."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def _is_on_cpu(variable: tf.Variable) -> bool:
    return tf.DeviceSpec.from_string(variable.device).device_type in (None, "CPU")


def update_in_core(
    optimizer: SGD, gradients: Sequence[tf.Tensor], variables: Sequence[Any], learning_rate: Any
) -> None:
    """Do one update of `variables` and of their momentum buffers."""
    params = [native(variable) for variable in variables]
    buffers = [native(optimizer.momentum_buffer_of(param)) for param in params] if optimizer.momentum > 0 else []
    written = [*params, *buffers]
    gradients = [tf.cast(gradient, param.dtype) for gradient, param in zip(gradients, params, strict=True)]
    arguments = [tf.convert_to_tensor(native(tensor)) for tensor in (learning_rate, *gradients, *written)]
    values = tf.numpy_function(_host_step(optimizer, params), arguments, [variable.dtype for variable in written])
    for variable, value in zip(written, tf.nest.flatten(values), strict=True):  # eagerly, a single value is bare
        value.set_shape(variable.shape)
        variable.assign(value)


def _host_step(optimizer: SGD, params: Sequence[tf.Variable]) -> Callable[..., list[Array]]:
    """The update as a function of arrays: the learning rate, then all gradients, parameters and buffers."""
    groups = defaultdict(list)
    for i, param in enumerate(params):
        groups[param.dtype, optimizer.weight_decay_of(param)].append(i)

    def step(learning_rate: Array, *arrays: Array) -> list[Array]:
        gradients = [np.asarray(array) for array in arrays[: len(params)]]
        # Copies, because TensorFlow's arrays can share their memory with tensors that must not change.
        written = [np.array(array) for array in arrays[len(params) :]]
        new_params, new_buffers = written[: len(params)], written[len(params) :]
        for (_, weight_decay), members in groups.items():
            sgd_step(
                [new_params[i] for i in members],
                [gradients[i] for i in members],
                [new_buffers[i] for i in members] if new_buffers else [],
                lr=float(learning_rate),
                momentum=optimizer.momentum,
                weight_decay=weight_decay,
                nesterov=optimizer.nesterov,
            )
        return written

    return step
