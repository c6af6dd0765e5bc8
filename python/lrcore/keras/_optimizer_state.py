"""Learning rate and update count of a Keras optimizer, as callbacks need them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import ml_dtypes


def attach_state(model: keras.Model) -> None:
    """Give the variables of `model` their present values: in the midst of an epoch JAX has taken them away."""
    if keras.backend.backend() == "jax":
        model.jax_state_sync()


def is_lost(variable: keras.Variable) -> bool:
    """True if an interrupted update has taken the variable's value and returned none, as on JAX."""
    return keras.backend.backend() == "jax" and bool(variable.value.is_deleted())


@contextmanager
def preserve_fallback(model: keras.Model) -> Iterator[None]:
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


def require_settable(model: keras.Model, name: str) -> None:
    """Refuse an optimizer whose learning rate is not a variable that the callback or function `name` can set."""
    if not isinstance(getattr(model.optimizer, "learning_rate", None), keras.Variable):
        raise ValueError(
            f"learning_rate of the optimizer must be a number for {name} to set, "
            "but it is a LearningRateSchedule or a function"
        )


def require_every_step(model: keras.Model, name: str, instead: str = "") -> None:
    """Refuse a model that runs several updates between two calls of the callback `name`, and say what to do instead."""
    steps = model.steps_per_execution
    if steps > 1:
        raise ValueError(
            f"steps_per_execution must be 1 for {name} to be called at every update, but got {steps}{instead}"
        )


def read(optimizer: keras.optimizers.Optimizer) -> float:
    """The value that the optimizer's variable holds."""
    return float(optimizer.learning_rate)


def round_to_variable(optimizer: keras.optimizers.Optimizer, lr: float) -> float:
    """`lr` as it would read once the optimizer's variable holds it."""
    return float(keras.ops.convert_to_numpy(keras.ops.cast(lr, optimizer.learning_rate.dtype)))


def set_lr(optimizer: keras.optimizers.Optimizer, lr: float, step: int) -> None:
    """Give the optimizer the learning rate of update `step`, unless its variable would hold infinity."""
    dtype = optimizer.learning_rate.dtype
    largest = float(ml_dtypes.finfo(dtype).max)  # type: ignore[no-untyped-call]  # NumPy's knows no bfloat16
    if lr > largest:
        raise ValueError(f"the learning rate of step {step} must stay within the range of {dtype}, but got {lr}")
    optimizer.learning_rate = lr


def batches_per_update(optimizer: keras.optimizers.Optimizer) -> int:
    """Number of batches whose gradients one update accumulates."""
    return _counting(optimizer).gradient_accumulation_steps or 1


class UpdateCounter:
    """Tells how many updates the optimizer of `model` has done since it was last asked.

    A batch is not always an update: under gradient accumulation most batches only add to the gradients, and a loss
    scale that overflows makes Keras skip one.

    Attributes:
        skipped: Whether the optimizer has taken no gradients at all since it was last asked.
    """

    def __init__(self, model: keras.Model) -> None:
        attach_state(model)
        self._model = model
        self._optimizer = _counting(model.optimizer)
        self._gradients = self._gradients_taken()
        self.skipped = False

    def advance(self) -> int:
        """The number of updates since construction or the last call; 0 if one was interrupted and lost the count."""
        attach_state(self._model)
        if is_lost(self._optimizer._iterations):
            return 0
        previous, self._gradients = self._gradients, self._gradients_taken()
        self.skipped = self._gradients == previous
        per_update = batches_per_update(self._optimizer)
        return self._gradients // per_update - previous // per_update

    def _gradients_taken(self) -> int:
        return int(self._optimizer._iterations)  # the public `iterations` leaves out accumulation


def _counting(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that counts, which in a LossScaleOptimizer is the inner one."""
    return getattr(optimizer, "inner_optimizer", optimizer)
