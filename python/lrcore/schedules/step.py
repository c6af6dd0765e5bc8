"""Decay by equal factors at equal distances."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.schedule import Schedule


@compatible(torch=defaults(), timm=defaults(gamma=1))
@dataclass(frozen=True)
class Step(Schedule):
    """A learning rate that is multiplied by one number every so many steps; it has no end.

    lr(t) = base_lr * gamma^(t // step_size),  the largest float64 where that overflows

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        step_size: Steps with the same learning rate, at least 1.
        gamma: Factor of each change, finite and not negative.
        compat: Whose way of counting and whose defaults to take: "torch" or "timm", whose gamma is 1; kept in the other
            arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.StepLR; timm.scheduler.StepLRScheduler without warm-up.

    Example:
        >>> Step(0.5, step_size=2, gamma=0.25).values(0, 6).tolist()
        [0.5, 0.5, 0.125, 0.125, 0.03125, 0.03125]
    """

    name: ClassVar[str] = "step"

    base_lr: float
    step_size: int
    gamma: float = 0.1
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._freeze(
            _core.Step,
            base_lr=real("base_lr", self.base_lr),
            step_size=count("step_size", self.step_size),
            gamma=real("gamma", self.gamma),
        )

    def _course(self) -> Course:
        return Course(5 * self.step_size, cycles=(Cycles(self.step_size, stairs=True),))
