"""Any schedule as a Keras callback."""

from __future__ import annotations

from typing import Any

import keras

from lrcore._arguments import check_fields, check_version, count, not_negative
from lrcore.keras.learning_rate import UpdateCounter, require_every_step, require_settable, set_lr
from lrcore.schedules import Schedule
from lrcore.schedules.schedule import learning_rate

VERSION = 1
OTHER_FORM = ": give the optimizer the schedule as lrcore.keras.Schedule instead of this callback"


class ScheduleCallback(keras.callbacks.Callback):
    """Set the optimizer's learning rate before each batch to `schedule(step) * factor`.

    The step counts updates, not batches: a batch that only accumulates gradients does not move it. It goes on over
    several calls of `fit`, and through `state_dict` over several processes. `lrcore.keras.Schedule` is the form for
    `steps_per_execution` above 1.

    Args:
        schedule: The learning rate of every step; the optimizer's variable gets its nearest float32 (or the float64
            itself where the variable has that dtype).

    Attributes:
        last_lr: `schedule(step) * factor` in float64 of the update in progress or, between two batches, of the one just
            done.

    Raises:
        TypeError: If `schedule` is not an `lrcore.Schedule`.
        ValueError: At the start of `fit`, before anything is changed, if the model was compiled with
            `steps_per_execution` above 1, or its optimizer with a `LearningRateSchedule`; before an update, if its
            learning rate is too large for the optimizer's variable.

    Example:
        >>> from lrcore.schedules import Cosine
        >>> callback = ScheduleCallback(Cosine(0.1, decay_steps=1000))
        >>> callback.state_dict()
        {'version': 1, 'step': 0, 'factor': 1.0}
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = learning_rate("schedule", schedule)
        self.last_lr: float | None = None
        self._step = 0
        self._factor = 1.0
        self._batch: UpdateCounter | None = None  # watches the batch in progress

    @property
    def step(self) -> int:
        """Index of the update about to be done, from 0.

        An update counts as soon as it is done, also one that Ctrl-C keeps from being reported to callbacks.
        """
        if self._batch is not None:
            self._step += self._batch.advance()
        return self._step

    @property
    def factor(self) -> float:
        """What every value of the schedule is multiplied by, 1.0 unless it is set.

        Setting it, between two batches, also rewrites the optimizer's learning rate, once this callback has set one.
        """
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        factor = not_negative("factor", factor)
        if self.last_lr is not None:
            set_lr(self.model.optimizer, self.schedule(self.step) * factor, self.step)
        self._factor = factor

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that every update can be given its own learning rate."""
        require_every_step(self.model, type(self).__name__, OTHER_FORM)
        require_settable(self.model, type(self).__name__)
        self._finish_batch()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        self._finish_batch()
        lr = self.schedule(self.step) * self.factor
        set_lr(self.model.optimizer, lr, self.step)
        self.last_lr = lr
        self._batch = UpdateCounter(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move on to the next update, if this batch completed one."""
        self._finish_batch()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Forget a batch for which there were no data; TensorFlow counts an update for it that it has not done."""
        self._batch = None

    def state_dict(self) -> dict[str, Any]:
        """The step and the factor, in JSON types."""
        return {"version": VERSION, "step": self.step, "factor": self.factor}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on at the step of `state`.

        Raises:
            ValueError: If `state` is of another version or shape, or a number in it is negative; nothing is changed.
            TypeError: If its step is not an integer or its factor not a number.
        """
        check_version("the state of a ScheduleCallback", state, VERSION)
        check_fields("the state of a ScheduleCallback", state, self.state_dict())
        step = count("step", state["step"])
        self.schedule(step)  # refuses a step that no schedule takes
        self._factor = not_negative("factor", state["factor"])
        self._step, self._batch = step, None

    def _finish_batch(self) -> None:
        self._step, self._batch = self.step, None
