"""A schedule over and over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count as whole_number
from lrcore._arguments import real
from lrcore.schedules.combined_courses import in_rounds
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Repeat(Schedule):
    """The first steps of another schedule over and over, lower every time.

    lr(t) = base(t mod period) * peak_decay^(t div period),  its last value held after `count` rounds

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        period: Steps of a round, at least 1; a `Warmup` needs all its steps.
        count: Rounds, at least 1; None for no end.
        peak_decay: Factor from one round to the next, greater than 0 and at most 1.

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: cycle_limit and cycle_decay of timm's schedulers, whose period cannot be that of any schedule.

    Example:
        >>> from lrcore import Linear
        >>> Repeat(Linear(1.0, 0.0, 5), period=4, count=2, peak_decay=0.5).values(0, 9).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.5, 0.375, 0.25, 0.125, 0.125]
    """

    name: ClassVar[str] = "repeat"

    base: Schedule
    period: int
    count: int | None = None
    peak_decay: float = 1.0

    def __post_init__(self) -> None:
        self._freeze(
            _core.Repeat,
            base=learning_rate("base", self.base),
            period=whole_number("period", self.period),
            count=None if self.count is None else whole_number("count", self.count),
            peak_decay=real("peak_decay", self.peak_decay),
        )

    def _course(self) -> Course:
        return in_rounds(self.base.course().cut(self.period), self.count)
