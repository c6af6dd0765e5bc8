"""The schedule that does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.course import Course
from lrcore.schedules.family_courses import LEVEL
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate at every step.

    lr(t) = lr

    Args:
        lr: Learning rate, finite and greater than 0.

    Raises:
        ValueError: When `lr` is out of range.
        TypeError: When `lr` is not a number.

    Source: the baseline of the guide; Keras and PyTorch optimizers without a schedule.

    Example:
        >>> Constant(0.1).values(0, 3).tolist()
        [0.1, 0.1, 0.1]
    """

    name: ClassVar[str] = "constant"

    lr: float

    def __post_init__(self) -> None:
        self._freeze(_core.Constant, lr=real("lr", self.lr))

    def _course(self) -> Course:
        return LEVEL
