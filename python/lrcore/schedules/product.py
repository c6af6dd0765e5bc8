"""Schedules multiplied by each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import each
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Product(Schedule):
    """The product of several schedules at every step.

    lr(t) = schedules[0](t) * schedules[1](t) * ...,  the largest float64 where that overflows

    `first * second` is the same for two.

    Args:
        schedules: Schedules of the learning rate or a factor, at least one; nested at most 100 deep; kept as a tuple.

    Raises:
        ValueError: When there is no schedule or they are nested too deep.
        TypeError: When an item is not a schedule of the learning rate.

    Source: torch.optim.lr_scheduler.ChainedScheduler, which is a product only of schedulers that multiply.

    Example:
        >>> from lrcore import Linear, PiecewiseConstant
        >>> Product([Linear(1.0, 0.0, 5), PiecewiseConstant([2], [1.0, 0.5])]).values(0, 5).tolist()
        [1.0, 0.75, 0.25, 0.125, 0.0]
    """

    name: ClassVar[str] = "product"

    schedules: Sequence[Schedule]

    def __post_init__(self) -> None:
        self._freeze(_core.Product, schedules=each(learning_rate, "schedules", self.schedules))
