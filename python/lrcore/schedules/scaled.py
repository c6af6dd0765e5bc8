"""A schedule times a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Scaled(Schedule):
    """Another schedule with every learning rate multiplied by one number.

    lr(t) = factor * base(t),  the largest float64 where that overflows

    Args:
        base: Schedule of the learning rate, which may itself be scaled; nested at most 100 deep.
        factor: Finite and greater than 0.

    Raises:
        ValueError: When `factor` is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: the linear scaling rule of Goyal et al., "Accurate, Large Minibatch SGD" (arXiv:1706.02677), section 2.1.

    Example:
        >>> from lrcore import Cyclic
        >>> Scaled(Cyclic(0.25, 1.25, step_size_up=2), 0.5).values(0, 5).tolist()
        [0.125, 0.375, 0.625, 0.375, 0.125]
    """

    name: ClassVar[str] = "scaled"

    base: Schedule
    factor: float

    def __post_init__(self) -> None:
        self._freeze(_core.Scaled, base=learning_rate("base", self.base), factor=real("factor", self.factor))

    def _course(self) -> Course:
        return self.base.course()
