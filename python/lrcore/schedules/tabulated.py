"""Learning rates written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import each, real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class Tabulated(Schedule):
    """A learning rate written out for every step; the last one is held.

    lr(t) = lrs[min(t, len(lrs) - 1)]

    Args:
        lrs: Learning rate of each step, finite and not negative, at least one; kept as a tuple.

    Raises:
        ValueError: When `lrs` is empty or an item out of range.
        TypeError: When an item is not a number.

    Source: torch.optim.lr_scheduler.LambdaLR, with the values in place of the function.

    Example:
        >>> Tabulated([0.1, 0.4, 0.2]).values(0, 5).tolist()
        [0.1, 0.4, 0.2, 0.2, 0.2]
    """

    name: ClassVar[str] = "tabulated"

    lrs: Sequence[float]

    def __post_init__(self) -> None:
        self._freeze(_core.Tabulated, lrs=each(real, "lrs", self.lrs))

    def _course(self) -> Course:
        return Course.through(len(self.lrs))
