"""What comes after the end of a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, text
from lrcore.schedules.combined_courses import ended
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Until(Schedule):
    """Another schedule for some steps, and an explicit choice of what comes after them.

    lr(t) = base(t)  for t < T = total_steps,  and from then on
        "hold":    base(T - 1)
        "repeat":  base(t mod T)
        "mirror":  base(T - 2), base(T - 3), ..., base(0), base(1), ...: neither end comes twice in a row
        "raise":   ValueError

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        total_steps: Optimizer updates up to the end, at least 1; a `Warmup` needs all its steps.
        end: "hold", "repeat", "mirror" or "raise".

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: torch's CosineAnnealingLR, which rises again past its end ("mirror" with T_max + 1 steps), and OneCycleLR,
        which raises.

    Example:
        >>> from lrcore import Linear
        >>> Until(Linear(1.0, 0.0, 5), total_steps=4, end="mirror").values(0, 8).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.5, 0.75, 1.0, 0.75]
        >>> Until(Linear(1.0, 0.0, 5), total_steps=4, end="raise")(4)
        Traceback (most recent call last):
            ...
        ValueError: step must be less than total_steps=4, but got 4
    """

    name: ClassVar[str] = "until"

    base: Schedule
    total_steps: int
    end: str = "hold"

    def __post_init__(self) -> None:
        self._freeze(
            _core.Until,
            base=learning_rate("base", self.base),
            total_steps=count("total_steps", self.total_steps),
            end=text("end", self.end),
        )

    def _course(self) -> Course:
        return ended(self.base.course().cut(self.total_steps), self.end)
