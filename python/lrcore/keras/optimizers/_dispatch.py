"""Choice of the implementation that an update of `lrcore.keras.SGD` takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras.src.backend.common.stateless_scope import in_stateless_scope

SgdPath = Literal["tensorflow", "core", "keras.ops"]


def sgd_path(variables: Sequence[Any]) -> SgdPath:
    """The fastest way that is safe for `variables` here and now.

    - "tensorflow": TensorFlow's own fused operation for each variable. It alone may write into a variable's memory:
      it locks the variable, and gives it memory of its own first if a tensor shares it. Every other way writes its
      results elsewhere, and traffic with the memory is what a large update costs. For 11 million weights without a
      decay, a call into lrcore's core with new memory for the results took 1.5 times as long, a nested XLA function 1.4
      times, after seconds of compilation, which many small variables (1000: 14 s) do not earn back.
    - "core": one call into lrcore's core for all variables, in place; on the torch backend. It leaves variables that
      are not on the host to keras.ops.
    - "keras.ops": the recurrence in operations of Keras; under XLA, which fuses them, so on the JAX backend; for types
      that TensorFlow's operation does not know, and under a tf.distribute strategy, which has rules of its own.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" and _tensorflow_can(variables):
        return "tensorflow"
    if backend == "torch" and _core_can():
        return "core"
    return "keras.ops"


def _tensorflow_can(variables: Sequence[Any]) -> bool:
    import tensorflow as tf

    if tf.__internal__.get_enclosing_xla_context() is not None or tf.distribute.has_strategy():
        return False
    return all(keras.backend.standardize_dtype(variable.dtype) in ("float32", "float64") for variable in variables)


def _core_can() -> bool:
    import torch

    # Within a stateless scope the values belong to the caller; a compiler fuses what it can see.
    return not (in_stateless_scope() or torch.compiler.is_compiling())
