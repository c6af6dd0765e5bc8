"""A cool-down after any schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real, text
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule, learning_rate


@dataclass(frozen=True)
class Cooldown(Schedule):
    """Another schedule up to one step, and a fall from what it has reached there.

    lr(t) = base(t)  for t < begin,  end_lr + (base(begin) - end_lr) * fall(x)  from then on,  x = (t - begin) / steps

    fall(x) is 1 - x ("linear"), cos^2(pi/2 * x) ("cosine") or 1 - sqrt(x) ("1-sqrt"), and end_lr from begin + steps on.

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        begin: First step of the fall, at least 0.
        steps: Optimizer updates of the fall, at least 1.
        end_lr: Learning rate at the end, not negative and not greater than base(begin).
        shape: "linear", "cosine" or "1-sqrt".

    Raises:
        ValueError: When an argument is out of range, `base` is nested too deep, or the fall cuts a `Warmup` short.
        TypeError: When an argument is of the wrong type.

    Source: Haegele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations"
        (arXiv:2405.18392), whose cool-down is "1-sqrt".

    Example:
        >>> from lrcore import Constant
        >>> Cooldown(Constant(1.0), begin=2, steps=4).values(0, 8).tolist()
        [1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    name: ClassVar[str] = "cooldown"

    base: Schedule
    begin: int
    steps: int
    end_lr: float = 0.0
    shape: str = "linear"

    def __post_init__(self) -> None:
        self._freeze(
            _core.Cooldown,
            base=learning_rate("base", self.base),
            begin=count("begin", self.begin),
            steps=count("steps", self.steps),
            end_lr=real("end_lr", self.end_lr),
            shape=text("shape", self.shape),
        )

    def _course(self) -> Course:
        return Course.falling_to(self.begin + self.steps).after(self.base.course().cut(self.begin))
