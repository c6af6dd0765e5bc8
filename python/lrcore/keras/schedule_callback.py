"""Any schedule as a Keras callback."""

from __future__ import annotations

from typing import Any

import keras

from lrcore._arguments import check_fields, check_version, count
from lrcore.keras.learning_rate import UpdateCounter, require_every_step, require_settable
from lrcore.schedules import Schedule

VERSION = 1


class ScheduleCallback(keras.callbacks.Callback):
    """Set the optimizer's learning rate before each batch to `schedule(step)`.

    The step counts updates, not batches: a batch that only accumulates gradients does not move it. It goes on over
    several calls of `fit`, and through `state_dict` over several processes.

    Args:
        schedule: The learning rate of every step; the optimizer's variable gets its nearest float32 (or the float64
            itself where the variable has that dtype).

    Attributes:
        step: Index of the update about to be done, from 0.
        last_lr: `schedule(step)` in float64 of the update in progress or, between two batches, of the one just done.

    Raises:
        TypeError: If `schedule` is not an `lrcore.Schedule`.
        ValueError: At the start of `fit`, before anything is changed, if the model was compiled with
            `steps_per_execution` above 1, or its optimizer with a `LearningRateSchedule`.

    Example:
        >>> from lrcore.schedules import Cosine
        >>> callback = ScheduleCallback(Cosine(0.1, decay_steps=1000))
        >>> callback.state_dict()
        {'version': 1, 'step': 0}
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        if not isinstance(schedule, Schedule):
            raise TypeError(f"schedule must be an lrcore Schedule, but got {schedule!r}")
        self.schedule = schedule
        self.step = 0
        self.last_lr: float | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that every update can be given its own learning rate."""
        require_every_step(self.model, type(self).__name__)
        require_settable(self.model, type(self).__name__)
        self._updates = UpdateCounter(self.model)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        self.last_lr = self.schedule(self.step)
        self.model.optimizer.learning_rate = self.last_lr

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move on to the next update, if this batch completed one."""
        self.step += self._updates.advance()

    def state_dict(self) -> dict[str, Any]:
        """The step, in JSON types."""
        return {"version": VERSION, "step": self.step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on at the step of `state`.

        Raises:
            ValueError: If `state` is of another version or shape, or its step is negative; nothing is changed then.
            TypeError: If its step is not an integer.
        """
        check_version("the state of a ScheduleCallback", state, VERSION)
        check_fields("the state of a ScheduleCallback", state, self.state_dict())
        step = count("step", state["step"])
        self.schedule(step)  # refuses a step that no schedule takes
        self.step = step
