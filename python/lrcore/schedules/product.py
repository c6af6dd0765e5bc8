"""Schedules multiplied by each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import each
from lrcore.schedules.course import Course, first_of
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

    def _course(self) -> Course:
        courses = [factor.course() for factor in self.schedules]
        return _at_once(courses, first_of(*map(Course.zero_from, courses, self.schedules)))


def _at_once(courses: Sequence[Course], zero_from: int | None) -> Course:
    """All of them multiplied: held when the last is, or from the step on from which one is held at zero."""
    end = _held_last(courses) if zero_from is None else next(part for part in courses if part.held_from == zero_from)
    raises_from = first_of(*(course.raises_from for course in courses))
    if end.held_from is not None:
        courses = [course if course is end else course.cut(end.held_from) for course in courses]
    return replace(
        end,
        length=max(course.length for course in courses),
        raises_from=raises_from,
        joints=tuple(sorted({joint for course in courses for joint in course.joints})),
        cycles=tuple(cycles for course in courses for cycles in course.cycles),
    )


def _held_last(courses: Sequence[Course]) -> Course:
    return max(courses, key=lambda course: math.inf if course.held_from is None else course.held_from)
