"""The update of one variable in keras.ops, on any backend and device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from lrcore.keras.optimizers._sgd import SGD


def wide_dtype(variable: Any) -> str:
    """The dtype that the recurrence of `variable` and its momentum have: float32 for one of 16 bits, else its own."""
    dtype: str = keras.backend.standardize_dtype(variable.dtype)
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def update_variable(optimizer: SGD, gradient: Any, variable: Any, learning_rate: Any) -> None:
    """Do one update of `variable` and of its momentum buffer."""
    dtype = wide_dtype(variable)
    w, gradient = ops.cast(variable, dtype), ops.cast(gradient, dtype)
    weight_decay = optimizer.weight_decay_of(variable)
    g = _decayed(gradient, w, weight_decay)
    if optimizer.momentum > 0:
        buffer = optimizer.momentum_buffer_of(variable)
        b = optimizer.momentum * ops.convert_to_tensor(buffer) + g
        optimizer.assign(buffer, b)
        if optimizer.nesterov and keras.backend.backend() == "jax":
            g = _decayed(_optimization_barrier(gradient), w, weight_decay)
        g = g + optimizer.momentum * b if optimizer.nesterov else b
    optimizer.assign(variable, ops.cast(w - ops.cast(learning_rate, dtype) * g, variable.dtype))


def _decayed(gradient: Any, w: Any, weight_decay: float) -> Any:
    return gradient + weight_decay * w if weight_decay > 0 else gradient


def _optimization_barrier(gradient: Any) -> Any:
    """The gradient, unknown to XLA: else it would keep g in new memory from its first use to its second.

    That made the update of 11 million weights with a decay three times as long as with g computed twice.
    """
    import jax

    barrier: Callable[[Any], Any] = jax.lax.optimization_barrier
    return barrier(gradient)
