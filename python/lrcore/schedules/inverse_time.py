"""Decay as one over the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, flag, real
from lrcore.schedules.course import Course
from lrcore.schedules.family_courses import LEVEL, decay
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class InverseTime(Schedule):
    """A learning rate that falls as one over the time; it has no end.

    lr(t) = base_lr / (1 + decay_rate * q),  q = t / decay_steps, rounded down if staircase

    The guide's 1e-2 / (1 + 0.1 * epoch) is `InverseTime(1e-2, 0.1, decay_steps=steps_per_epoch, staircase=True)`.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        decay_rate: Finite and not negative.
        decay_steps: Steps in which q grows by 1, at least 1.
        staircase: Whether q stays a whole number.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: keras.optimizers.schedules.InverseTimeDecay.

    Example:
        >>> InverseTime(0.5, decay_rate=1, decay_steps=2, staircase=True).values(0, 7).tolist()
        [0.5, 0.5, 0.25, 0.25, 0.16666666666666666, 0.16666666666666666, 0.125]
    """

    name: ClassVar[str] = "inverse_time"

    base_lr: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False

    def __post_init__(self) -> None:
        self._freeze(
            _core.InverseTime,
            base_lr=real("base_lr", self.base_lr),
            decay_rate=real("decay_rate", self.decay_rate),
            decay_steps=count("decay_steps", self.decay_steps),
            staircase=flag("staircase", self.staircase),
        )

    def _course(self) -> Course:
        if self.decay_rate == 0:
            return LEVEL
        return decay(self.decay_steps, 9 / self.decay_rate, self.staircase)  # down to a tenth
