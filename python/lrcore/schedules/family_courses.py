"""The courses of levels, decays and cycles that end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.exponential_decay import ExponentialDecay

LEVEL = Course(100, held_from=0)
LONGEST = 2**53  # updates that are shown


def levels(changes: Sequence[int]) -> Course:
    """Shown until the last level has lasted as long as the one before."""
    if not changes:
        return LEVEL
    last = changes[-1]
    before = max((change for change in changes if change < last), default=0)
    return Course(max(2 * last - before, last + 1), held_from=last, joints=tuple(sorted({*changes} - {0})))


def one_cycle(steps: int, rise: float, three_phase: bool) -> Course:
    """Up for that part of the steps, and down."""
    top = rise * steps - 1
    return Course.through(steps, [top, 2 * top] if three_phase else [top])


def decay(steps: int, times: float, staircase: bool) -> Course:
    """A decay without an end, shown for `times` its decay_steps."""
    length = max(math.ceil(min(steps * times, LONGEST)), 2)
    return Course(length, cycles=(Cycles(steps, stairs=True),) if staircase else ())


def exponential_decay(schedule: ExponentialDecay) -> Course:
    """Shown until the learning rate has changed by a factor of 100, or up to end_lr."""
    rate, steps, floor = schedule.decay_rate, schedule.decay_steps, schedule.end_lr
    if rate == 1:
        return LEVEL
    course = decay(steps, abs(math.log(100) / math.log(rate)) if rate > 0 else 1.0, schedule.staircase)
    last = floor if floor is not None or rate > 0 else 0.0
    if last is None or schedule(LONGEST) != last:
        return course
    held_from = _first_with(schedule, last)
    return replace(course, length=held_from + held_from // 10 + 1, held_from=held_from)


def _first_with(schedule: ExponentialDecay, last: float) -> int:
    """The first step that has the last value: the schedule never turns round."""
    without, first = -1, LONGEST
    while first - without > 1:
        step = (without + first) // 2
        without, first = (without, step) if schedule(step) == last else (step, first)
    return first


def scaled_cycles(cycles: Cycles, scale: Course, zero_from: int | None, unit: int) -> Course:
    """Cycles whose heights follow a course of which each step is `unit` steps, and which may end them by 0."""
    if zero_from is not None:
        return stopped(cycles, zero_from * unit)
    course = Course.again(cycles)
    raises_from, raises_to = (None if step is None else step * unit for step in (scale.raises_from, scale.raises_to))
    return replace(course, length=max(course.length, scale.length * unit), raises_from=raises_from, raises_to=raises_to)


def stopped(cycles: Cycles, stop: int) -> Course:
    """Cycles up to a step from which on their lowest value is held."""
    return replace(Course.falling_to(stop), cycles=(cycles.cut(stop),))
