"""A schedule between limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Clip(Schedule):
    """Another schedule kept between two learning rates.

    lr(t) = min(max(base(t), min_lr), max_lr)

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        min_lr: Lower limit, finite and not negative.
        max_lr: Upper limit, finite, greater than 0 and not less than min_lr; None for none.

    Raises:
        ValueError: When a limit is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: numpy.clip.

    Example:
        >>> from lrcore import Linear
        >>> Clip(Linear(1.0, 0.0, 5), min_lr=0.125, max_lr=0.5).values(0, 5).tolist()
        [0.5, 0.5, 0.5, 0.25, 0.125]
    """

    name: ClassVar[str] = "clip"

    base: Schedule
    min_lr: float = 0.0
    max_lr: float | None = None

    def __post_init__(self) -> None:
        self._freeze(
            _core.Clip,
            base=learning_rate("base", self.base),
            min_lr=real("min_lr", self.min_lr),
            max_lr=None if self.max_lr is None else real("max_lr", self.max_lr),
        )

    def _course(self) -> Course:
        return self.base.course()
