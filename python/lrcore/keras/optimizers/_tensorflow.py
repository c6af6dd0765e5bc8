"""The update by TensorFlow's own fused operations, which alone can safely write in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from lrcore.keras.optimizers._keras_ops import MomentumSGD


def dense(gradient: Any) -> tf.Tensor:
    """The gradient of an embedding as a full tensor: momentum and decay move its other rows as well."""
    return tf.convert_to_tensor(gradient)


def update_in_tensorflow(
    optimizer: MomentumSGD, gradients: Sequence[Any], variables: Sequence[Any], learning_rate: Any
) -> None:
    """Do one update of `variables` and of their momentum buffers."""
    learning_rate = tf.convert_to_tensor(_native(learning_rate))
    for gradient, variable in zip(gradients, map(_native, variables), strict=True):
        g = tf.cast(dense(gradient), variable.dtype)
        weight_decay = optimizer.weight_decay_of(variable)
        if weight_decay > 0:
            g = _decayed(g, variable, weight_decay)
        _descend(optimizer, g, variable, tf.cast(learning_rate, variable.dtype))


def _decayed(g: tf.Tensor, variable: tf.Variable, weight_decay: float) -> tf.Tensor:
    # Not g + weight_decay * variable: Python's operators take three times as long in eager mode.
    w = tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)
    return tf.raw_ops.AddV2(x=g, y=tf.raw_ops.Mul(x=tf.constant(weight_decay, variable.dtype), y=w))


def _descend(optimizer: MomentumSGD, g: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
    if optimizer.momentum == 0:
        tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=learning_rate, delta=g, use_locking=True)
        return
    tf.raw_ops.ResourceApplyMomentum(
        var=variable.handle,
        accum=_native(optimizer.momentum_buffer_of(variable)).handle,
        lr=learning_rate,
        grad=g,
        momentum=tf.constant(optimizer.momentum, variable.dtype),
        use_locking=True,
        use_nesterov=optimizer.nesterov,
    )


def _native(variable: Any) -> Any:
    """TensorFlow's variable or tensor behind a Keras variable."""
    return variable.value if isinstance(variable, keras.Variable) else variable
