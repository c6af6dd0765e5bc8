"""Schedules as learning rates that Keras optimizers evaluate themselves, in graphs too."""

from __future__ import annotations

import numbers
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

import lrcore.schedules
from lrcore._validation import as_int, as_positive_int, translate_argument_names
from lrcore.keras._optimizer_state import accumulation_steps_of_calling_optimizer
from lrcore.schedules._base import learning_rate


@keras.saving.register_keras_serializable(package="lrcore")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of a Keras optimizer, looked up in a table that the core has made of a schedule.

        lr(t) = schedule(min(t, total_steps - 1))

    as its nearest float32, or the float64 itself where `keras.config.floatx()` is that. An optimizer reads it inside
    its update, so any backend can compile it and any `steps_per_execution` will do. The model's file holds it.

    The step t counts updates, by the counter of the optimizer. Under gradient accumulation that counts batches, and
    Keras hands it on as it is; here the optimizer that asks is found and only its updates are counted. (On TensorFlow
    Keras counts an update too many where data of unknown length come to their end.)

    Args:
        schedule: The learning rate of every step.
        total_steps: Length of the table, at least 1; 4 bytes a step. From there on its last value holds.

    Raises:
        ValueError: If `total_steps` is less than 1 or too many for memory, or a learning rate too large for a float32.
        TypeError: If `schedule` is not a learning-rate schedule of lrcore or `total_steps` is not an integer.

    Example:
        >>> from lrcore import Cosine
        >>> optimizer = keras.optimizers.SGD(Schedule(Cosine(0.5, decay_steps=100), total_steps=101))
        >>> float(optimizer.learning_rate)
        0.5
        >>> _ = optimizer.iterations.assign(50)
        >>> float(optimizer.learning_rate)
        0.25
    """

    def __init__(self, schedule: lrcore.schedules.Schedule, total_steps: int) -> None:
        self.schedule = learning_rate("schedule", schedule)
        self.total_steps = as_positive_int("total_steps", total_steps)
        self._dtype = "float64" if keras.config.floatx() == "float64" else "float32"
        with translate_argument_names(stop="total_steps"):
            lrs = self.schedule.values(0, self.total_steps)
        self._table = ops.convert_to_tensor(_rounded(lrs, self._dtype))

    def __call__(self, step: Any) -> Any:
        """The learning rate of update `step`, as a tensor of the backend.

        Args:
            step: An integer, or an integer tensor of any shape; or the counter of an optimizer, which Keras gives.

        Raises:
            ValueError: If `step` is a negative number.
            TypeError: If `step` is not whole.
        """
        last = self.total_steps - 1
        if isinstance(step, numbers.Real):
            return ops.convert_to_tensor(self.schedule(min(as_int("step", step), last)), self._dtype)
        if "int" not in str(step.dtype if hasattr(step, "dtype") else np.asarray(step).dtype):
            raise TypeError(f"step must be an integer, but got {step!r}")
        index = ops.floor_divide(ops.convert_to_tensor(step), accumulation_steps_of_calling_optimizer(step))
        return ops.take(self._table, ops.clip(index, 0, last))

    def __repr__(self) -> str:
        return f"Schedule({self.schedule!r}, total_steps={self.total_steps})"

    def get_config(self) -> dict[str, Any]:
        """The schedule and the length of its table, in JSON types."""
        return {"schedule": self.schedule.to_dict(), "total_steps": self.total_steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schedule:
        """The schedule that `get_config` described."""
        return cls(lrcore.schedules.Schedule.from_dict(config["schedule"]), config["total_steps"])


def _rounded(lrs: npt.NDArray[np.float64], dtype: str) -> npt.NDArray[Any]:
    """The nearest of the dtype; ValueError if that of any is infinity."""
    with np.errstate(over="ignore"):
        table = lrs.astype(dtype)
    infinite = np.flatnonzero(np.isinf(table))
    if infinite.size:
        step = infinite[0]
        raise ValueError(f"schedule must stay within the range of {dtype}, but got {lrs[step]} at step {step}")
    return table
