"""A schedule entered in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Offset(Schedule):
    """Another schedule from one of its later steps on.

    lr(t) = base(t + offset),  where t + offset is at most 2^63 - 1

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        offset: Step of `base` that update 0 has, at least 0.

    Raises:
        ValueError: When `offset` is negative or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: PyTorch's last_epoch, which asks for one less and for the optimizer's state.

    Example:
        >>> from lrcore import Linear
        >>> Offset(Linear(1.0, 0.0, 5), offset=2).values(0, 4).tolist()
        [0.5, 0.25, 0.0, 0.0]
    """

    name: ClassVar[str] = "offset"

    base: Schedule
    offset: int

    def __post_init__(self) -> None:
        self._freeze(_core.Offset, base=learning_rate("base", self.base), offset=count("offset", self.offset))

    def _course(self) -> Course:
        return self.base.course().shifted(-self.offset)
