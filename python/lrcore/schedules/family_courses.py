"""The courses of levels, decays and cycles that end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles

LEVEL = Course(100, held_from=0)
LONGEST = 2**53  # updates that are shown


def levels(changes: Sequence[int]) -> Course:
    """Shown until the last level has lasted as long as the one before."""
    if not changes:
        return LEVEL
    last = changes[-1]
    before = max((change for change in changes if change < last), default=0)
    return Course(max(2 * last - before, last + 1), held_from=last, joints=tuple(sorted({*changes} - {0})))


def decay(steps: int, times: float, staircase: bool) -> Course:
    """A decay without an end, shown for `times` its decay_steps."""
    length = max(math.ceil(min(steps * times, LONGEST)), 2)
    return Course(length, cycles=(Cycles(steps, stairs=True),) if staircase else ())


def scaled_cycles(cycles: Cycles, scale: Course, zero_from: int | None, unit: int) -> Course:
    """Cycles whose heights follow a course of which each step is `unit` steps, and which may end them by 0."""
    if zero_from is not None:
        return stopped(cycles, zero_from * unit)
    course = Course.again(cycles)
    raises_from = None if scale.raises_from is None else scale.raises_from * unit
    return replace(course, length=max(course.length, scale.length * unit), raises_from=raises_from)


def stopped(cycles: Cycles, stop: int) -> Course:
    """Cycles up to a step from which on their lowest value is held."""
    return replace(Course.falling_to(stop), cycles=(cycles.cut(stop),))
