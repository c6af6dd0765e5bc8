"""Decay by equal factors at chosen steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, each, real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.family_courses import levels
from lrcore.schedules.schedule import Schedule


def _as_timm(milestones: Sequence[int], gamma: float = 1.0, **given: Any) -> dict[str, Any]:
    steps = each(count, "milestones", milestones)
    return {"milestones": [step - 1 if step > 0 else step for step in steps], "gamma": gamma, **given}


@compatible(torch=defaults(), timm=_as_timm)
@dataclass(frozen=True)
class MultiStep(Schedule):
    """A learning rate that is multiplied by one number at each milestone.

    lr(t) = base_lr * gamma^(number of milestones m with m <= t),  the largest float64 where that overflows

    A milestone written twice counts twice. The update at a milestone is the first with the new learning rate (in timm's
    MultiStepLRScheduler the one before that is).

    Args:
        base_lr: Learning rate before the first milestone, finite and greater than 0.
        milestones: Steps at which it changes, not negative and not decreasing; kept as a tuple.
        gamma: Factor of each change, finite and not negative.
        compat: Whose way of counting and whose defaults to take: "torch" or "timm", whose milestones are one
            later and whose gamma is 1; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.MultiStepLR, which is wrong when it is resumed at a milestone: that milestone
    counts again.

    Example:
        >>> MultiStep(1, milestones=[2, 3, 3], gamma=0.5).values(0, 5).tolist()
        [1.0, 1.0, 0.5, 0.125, 0.125]
    """

    name: ClassVar[str] = "multi_step"

    base_lr: float
    milestones: Sequence[int]
    gamma: float = 0.1
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._freeze(
            _core.MultiStep,
            base_lr=real("base_lr", self.base_lr),
            milestones=each(count, "milestones", self.milestones),
            gamma=real("gamma", self.gamma),
        )

    def _course(self) -> Course:
        return levels(self.milestones)
