"""The geometric sweep of a range test, or exponential decay."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.last import T_MINUS_1, T, steps_to_last
from lrcore.schedules.schedule import Schedule


@compatible(fastai=defaults(last=T))
@dataclass(frozen=True)
class Exponential(Schedule):
    """A learning rate that goes from one value to another by equal factors, upwards or downwards.

    lr(t) = start_lr * (end_lr / start_lr)^(t / (total_steps - 1)),  end_lr from step total_steps - 1 on

    Both ends are exact.

    Args:
        start_lr: Learning rate at step 0, finite and greater than 0.
        end_lr: Learning rate at step total_steps - 1 and beyond, finite and greater than 0.
        total_steps: Number of steps from the first learning rate to the last, both counted; at least 2.
        last: Step with the last value, "T-1" (None means this) or "T"; kept in total_steps.
        compat: Whose way of counting and whose defaults to take: "fastai", with last="T"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: the range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section
    3.3, with the geometric steps of the guide's LR_Finder.

    Example:
        >>> [round(lr, 12) for lr in Exponential(1e-4, 1.0, total_steps=5).values(0, 6).tolist()]
        [0.0001, 0.001, 0.01, 0.1, 1.0, 1.0]
    """

    name: ClassVar[str] = "exponential"

    start_lr: float
    end_lr: float
    total_steps: int
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._freeze(
            _core.Exponential,
            start_lr=real("start_lr", self.start_lr),
            end_lr=real("end_lr", self.end_lr),
            total_steps=steps_to_last("total_steps", self.total_steps, last, own=T_MINUS_1),
        )

    def _course(self) -> Course:
        return Course.through(self.total_steps)
