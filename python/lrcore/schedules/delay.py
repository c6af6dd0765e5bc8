"""A schedule that starts later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Delay(Schedule):
    """The first learning rate of another schedule for some steps, and then that schedule.

    lr(t) = base(max(t - steps, 0))

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        steps: Optimizer updates to wait, at least 0.

    Raises:
        ValueError: When `steps` is negative or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: transition_begin of optax.polynomial_schedule.

    Example:
        >>> from lrcore import Linear
        >>> Delay(Linear(1.0, 0.0, 5), steps=2).values(0, 6).tolist()
        [1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    """

    name: ClassVar[str] = "delay"

    base: Schedule
    steps: int

    def __post_init__(self) -> None:
        self._freeze(_core.Delay, base=learning_rate("base", self.base), steps=count("steps", self.steps))

    def _course(self) -> Course:
        return self.base.course().shifted(self.steps).after(Course(self.steps))
