"""What a callback needs to know of an optimizer's learning rate and of its updates."""

from __future__ import annotations

import keras


def require_settable(callback: keras.callbacks.Callback) -> None:
    """Refuse an optimizer whose learning rate is not a variable that `callback` can set."""
    if not isinstance(getattr(callback.model.optimizer, "learning_rate", None), keras.Variable):
        name = type(callback).__name__
        raise ValueError(
            f"learning_rate of the optimizer must be a number for {name} to set, "
            "but it is a LearningRateSchedule or a function"
        )


def require_every_step(callback: keras.callbacks.Callback) -> None:
    """Refuse a model that runs several updates between two calls of `callback`."""
    steps = callback.model.steps_per_execution
    if steps > 1:
        name = type(callback).__name__
        raise ValueError(f"steps_per_execution must be 1 for {name} to be called at every update, but got {steps}")


def read(optimizer: keras.optimizers.Optimizer) -> float:
    """The value that the optimizer's variable holds."""
    return float(optimizer.learning_rate)


class UpdateCounter:
    """Tells how many updates an optimizer has done since it was last asked.

    A batch is not always an update: under gradient accumulation most batches only add to the gradients, and a loss
    scale that overflows makes Keras skip one. `optimizer.iterations` counts true updates in both cases.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer) -> None:
        self._optimizer = optimizer
        self._count = self._iterations()

    def advance(self) -> int:
        """The number of updates since construction or the last call."""
        previous, self._count = self._count, self._iterations()
        return self._count - previous

    def _iterations(self) -> int:
        return int(self._optimizer.iterations)
