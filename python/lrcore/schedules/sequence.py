"""Schedules one after another."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import as_given, count, each
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import LEARNING_RATE, Schedule, of_quantity


@dataclass(frozen=True)
class Sequence(Schedule):
    """Several schedules, each from its own step 0 on, one after another.

    lr(t) = schedules[i](t - begin),  i = number of milestones m with m <= t,  begin = milestones[i - 1], or 0 for i = 0

    `first.then(second, at=10)` is the same for two. A sequence in a sequence is that one sequence, written flat.

    Args:
        schedules: Schedules of one quantity, the learning rate or the momentum, at least one; nested at most 100 deep;
            kept as a tuple.
        milestones: Steps at which the next schedule begins, increasing and greater than 0, one fewer than there are
            schedules; a `Warmup` needs all its steps; kept as a tuple.

    Raises:
        ValueError: When an item is out of range, the lengths do not fit, or the schedules are nested too deep.
        TypeError: When an item is of the wrong type.

    Source: torch.optim.lr_scheduler.SequentialLR and optax.join_schedules. PyTorch's goes wrong when it is nested,
        loaded, or made of schedulers that write into the optimizer; here the step alone says what the value is.

    Example:
        >>> from lrcore import Constant, Linear
        >>> Sequence([Linear(0.0, 1.0, 5), Constant(0.5)], milestones=[3]).values(0, 5).tolist()
        [0.0, 0.25, 0.5, 0.5, 0.5]
    """

    name: ClassVar[str] = "sequence"

    schedules: collections.abc.Sequence[Schedule]
    milestones: collections.abc.Sequence[int]

    def __post_init__(self) -> None:
        given = each(as_given, "schedules", self.schedules)
        quantity = next((item.quantity for item in given[:1] if isinstance(item, Schedule)), LEARNING_RATE)
        self._freeze(
            _core.ScheduleSequence,
            schedules=each(partial(of_quantity, quantity), "schedules", given),
            milestones=each(count, "milestones", self.milestones),
        )

    def _course(self) -> Course:
        *parts, course = (schedule.course() for schedule in self.schedules)
        begins = (0, *self.milestones)
        course = course.shifted(begins[-1])
        for part, begin, end in reversed(list(zip(parts, begins, self.milestones, strict=False))):
            course = course.after(part.cut(end - begin).shifted(begin))
        return course

    @property
    def quantity(self) -> str:  # type: ignore[override]  # that of what it is made of
        """What the schedules are of."""
        return self.schedules[0].quantity
