"""Where the JAX backend keeps a model's state during `fit`; on the other backends nothing needs doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


def attach_state(model: keras.Model) -> None:
    """Give the variables of `model` their present values: in the midst of an epoch JAX has taken them away."""
    if keras.backend.backend() == "jax":
        model.jax_state_sync()


def is_lost(variable: keras.Variable) -> bool:
    """Whether an update that was interrupted has taken the variable's value and given none back, as on JAX."""
    return keras.backend.backend() == "jax" and bool(variable.value.is_deleted())


@contextmanager
def fallback_kept(model: keras.Model) -> Iterator[None]:
    """Do something else with an attached model between two batches of `fit`.

    `fit` falls back on its last state when the data end where it expected a batch; that of a test has no optimizer.
    """
    yield
    if keras.backend.backend() == "jax":
        model._jax_state = {
            "trainable_variables": [variable.value for variable in model.trainable_variables],
            "non_trainable_variables": [variable.value for variable in model.non_trainable_variables],
            "optimizer_variables": [variable.value for variable in model.optimizer.variables],
            "metrics_variables": [variable.value for variable in model.metrics_variables],
        }
