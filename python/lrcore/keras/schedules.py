"""Schedules as learning rates that Keras optimizers evaluate themselves, in graphs too."""

from __future__ import annotations

import inspect
import numbers
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

import lrcore.schedules
from lrcore._validation import as_int, as_positive_int, translate_argument_names
from lrcore.keras._optimizer_state import batches_per_update
from lrcore.schedules._base import learning_rate


@keras.saving.register_keras_serializable(package="lrcore")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of a Keras optimizer, looked up in a table that the core has made of a schedule.

        lr(t) = schedule(min(t, total_steps - 1))

    as its nearest float32, or the float64 itself where `keras.config.floatx()` is that. An optimizer reads it inside
    its update, so any backend can compile it and any `steps_per_execution` will do. The model's file holds it.

    The step t counts updates. Under gradient accumulation the optimizer counts batches, and Keras hands on that counter
    alone: `accumulation_steps` says how many of them make an update. Without it, the optimizer that owns the counter
    is looked up among the callers on the stack; give it where a schedule of your own calculates with the counter
    before it asks this one. (On TensorFlow Keras counts an update too many where data of unknown length come to their
    end.)

    Args:
        schedule: The learning rate of every step.
        total_steps: Length of the table, at least 1; 4 bytes a step. From there on its last value holds.
        accumulation_steps: Batches per update, at least 1: the optimizer's `gradient_accumulation_steps`. None to ask
            the optimizer.

    Raises:
        ValueError: If `total_steps` is less than 1 or too many for memory, `accumulation_steps` is less than 1, or a
            learning rate is too large for a float32.
        TypeError: If `schedule` is not a learning-rate schedule of lrcore, or one of the numbers is not an integer.

    Example:
        >>> from lrcore import Cosine
        >>> optimizer = keras.optimizers.SGD(Schedule(Cosine(0.5, decay_steps=100), total_steps=101))
        >>> float(optimizer.learning_rate)
        0.5
        >>> _ = optimizer.iterations.assign(50)
        >>> float(optimizer.learning_rate)
        0.25
    """

    def __init__(
        self, schedule: lrcore.schedules.Schedule, total_steps: int, accumulation_steps: int | None = None
    ) -> None:
        self.schedule = learning_rate("schedule", schedule)
        self.total_steps = as_positive_int("total_steps", total_steps)
        self.accumulation_steps = (
            None if accumulation_steps is None else as_positive_int("accumulation_steps", accumulation_steps)
        )
        self._dtype = "float64" if keras.config.floatx() == "float64" else "float32"
        with translate_argument_names(stop="total_steps"):
            lrs = self.schedule.values(0, self.total_steps)
        self._table = ops.convert_to_tensor(_rounded(lrs, self._dtype))

    def __call__(self, step: Any) -> Any:
        """The learning rate of update `step`, as a tensor of the backend.

        Args:
            step: The update as an integer; or, as Keras passes it, the counter of an optimizer or an integer tensor of
                any shape, which count batches where `accumulation_steps` is given.

        Raises:
            ValueError: If `step` is a negative number.
            TypeError: If `step` is not whole.
        """
        last = self.total_steps - 1
        if isinstance(step, numbers.Real):
            return ops.convert_to_tensor(self.schedule(min(as_int("step", step), last)), self._dtype)
        if "int" not in str(step.dtype if hasattr(step, "dtype") else np.asarray(step).dtype):
            raise TypeError(f"step must be an integer, but got {step!r}")
        batches = self.accumulation_steps or _accumulation_steps_of_calling_optimizer(step)
        index = ops.floor_divide(ops.convert_to_tensor(step), batches)
        return ops.take(self._table, ops.clip(index, 0, last))

    def __repr__(self) -> str:
        accumulation = "" if self.accumulation_steps is None else f", accumulation_steps={self.accumulation_steps}"
        return f"Schedule({self.schedule!r}, total_steps={self.total_steps}{accumulation})"

    def get_config(self) -> dict[str, Any]:
        """The arguments, in JSON types; `accumulation_steps` only where it was given."""
        config = {"schedule": self.schedule.to_dict(), "total_steps": self.total_steps}
        given = {} if self.accumulation_steps is None else {"accumulation_steps": self.accumulation_steps}
        return config | given

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Schedule:
        """The schedule that `get_config` described."""
        schedule = lrcore.schedules.Schedule.from_dict(config["schedule"])
        return cls(schedule, config["total_steps"], config.get("accumulation_steps"))


def _rounded(lrs: npt.NDArray[np.float64], dtype: str) -> npt.NDArray[Any]:
    """The nearest of the dtype; ValueError if that of any is infinity."""
    with np.errstate(over="ignore"):
        table = lrs.astype(dtype)
    infinite = np.flatnonzero(np.isinf(table))
    if infinite.size:
        step = infinite[0]
        raise ValueError(f"schedule must stay within the range of {dtype}, but got {lrs[step]} at step {step}")
    return table


def _accumulation_steps_of_calling_optimizer(counter: Any) -> int:
    """Counts of `counter` per update, if it is the counter of an optimizer that asks for its learning rate; else 1."""
    # Keras passes the optimizer's counter of batches and nothing else, and the counter does not know its optimizer.
    frame = inspect.currentframe() if isinstance(counter, keras.Variable) else None
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.optimizers.Optimizer) and caller._iterations is counter:
            return batches_per_update(caller)
        frame = frame.f_back
    return 1
