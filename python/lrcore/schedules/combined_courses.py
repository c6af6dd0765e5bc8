"""The courses of schedules that are made of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from lrcore.schedules.course import Course, first_of, first_to_raise
from lrcore.schedules.cycles import Cycles


def in_sequence(courses: Sequence[Course], milestones: Sequence[int]) -> Course:
    """One after another, the next from each milestone on."""
    *parts, last = courses
    begins = (0, *milestones)
    course = last.shifted(begins[-1])
    for part, begin, end in reversed(list(zip(parts, begins, milestones, strict=False))):
        course = course.after(part.cut(end - begin).shifted(begin))
    return course


def at_once(courses: Sequence[Course], zero_from: int | None) -> Course:
    """All of them multiplied: held when the last is, or from the step on from which one is held at zero."""
    end = _held_last(courses) if zero_from is None else next(each for each in courses if each.held_from == zero_from)
    first = first_to_raise(courses)
    if end.held_from is not None:
        courses = [course if course is end else course.cut(end.held_from) for course in courses]
    return replace(
        end,
        length=max(course.length for course in courses),
        raises_from=first.raises_from,
        raises_to=first.raises_to,
        joints=tuple(sorted({joint for course in courses for joint in course.joints})),
        cycles=tuple(cycles for course in courses for cycles in course.cycles),
    )


def _held_last(courses: Sequence[Course]) -> Course:
    return max(courses, key=lambda course: math.inf if course.held_from is None else course.held_from)


def in_rounds(once: Course, count: int | None) -> Course:
    """`once`, cut to its length, `count` times or for ever."""
    cycles = Cycles(once.length, joints=once.joints)
    if count is None:
        return replace(Course.again(cycles), raises_from=once.raises_from, raises_to=once.raises_to)
    steps = once.length * count
    rounds = replace(Course.through(steps), cycles=(cycles.cut(steps),))
    return replace(rounds, raises_from=once.raises_from, raises_to=once.raises_to)


def ended(once: Course, end: str) -> Course:
    """`once`, cut to its length, and what an `Until` with that `end` does then."""
    goes_on = None if once.raises_to == once.length else once.raises_to  # what the last step does is held
    match end:
        case "repeat":
            return in_rounds(once, None)
        case "mirror" if once.length > 1:
            return _to_and_fro(once)
        case "raise":
            raises_from = first_of(once.raises_from, once.length)
            return replace(once, raises_from=raises_from, raises_to=goes_on, whole=once.whole or once.length)
    return replace(once, held_from=once.length - 1, raises_to=goes_on, whole=once.length)


def _to_and_fro(once: Course) -> Course:
    passes = Cycles(once.length - 1, whole=(0, 1))  # the turning point is a step of both passes
    return replace(once, length=passes.end_of(3) + 1, whole=None, cycles=(*once.cycles, passes))
