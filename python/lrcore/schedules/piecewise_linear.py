"""Learning rates joined by straight lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, each, real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class PiecewiseLinear(Schedule):
    """A learning rate on straight lines from each milestone to the next, flat before the first and after the last.

    lr(t) = ((n - t) * lrs[i] + (t - m) * lrs[i + 1]) / (n - m),  m = milestones[i] <= t < n = milestones[i + 1]

    Args:
        milestones: Steps, increasing and not negative, at least one; kept as a tuple.
        lrs: Learning rate at each milestone, finite and not negative; kept as a tuple.

    Raises:
        ValueError: When an item is out of range or the lengths differ.
        TypeError: When an item is not a number.

    Source: ignite.handlers.PiecewiseLinear; optax.piecewise_interpolate_schedule("linear"), whose learning rates are
    given as factors.

    Example:
        >>> PiecewiseLinear(milestones=[1, 3, 7], lrs=[0.0, 1.0, 0.5]).values(0, 9).tolist()
        [0.0, 0.0, 0.5, 1.0, 0.875, 0.75, 0.625, 0.5, 0.5]
    """

    name: ClassVar[str] = "piecewise_linear"

    milestones: Sequence[int]
    lrs: Sequence[float]

    def __post_init__(self) -> None:
        self._freeze(
            _core.PiecewiseLinear,
            milestones=each(count, "milestones", self.milestones),
            lrs=each(real, "lrs", self.lrs),
        )

    def _course(self) -> Course:
        return Course.falling_to(self.milestones[-1], self.milestones)
