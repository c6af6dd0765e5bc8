"""The courses of schedules that are made of others."""

from __future__ import annotations

from dataclasses import replace

from lrcore.schedules.course import Course, first_of
from lrcore.schedules.cycles import Cycles


def in_rounds(once: Course, count: int | None) -> Course:
    """`once`, cut to its length, `count` times or for ever."""
    cycles = Cycles(once.length, joints=once.joints)
    if count is None:
        return replace(Course.again(cycles), raises_from=once.raises_from)
    steps = once.length * count
    return replace(Course.through(steps), raises_from=once.raises_from, cycles=(cycles.cut(steps),))


def ended(once: Course, end: str) -> Course:
    """`once`, cut to its length, and what an `Until` with that `end` does then."""
    match end:
        case "repeat":
            return in_rounds(once, None)
        case "mirror" if once.length > 1:
            return _to_and_fro(once)
        case "raise":
            return replace(once, raises_from=first_of(once.raises_from, once.length), whole=once.whole or once.length)
    return replace(once, held_from=once.length - 1, whole=once.length)


def _to_and_fro(once: Course) -> Course:
    passes = Cycles(once.length - 1, whole=(0, 1))  # the turning point is a step of both passes
    return replace(once, length=passes.end_of(3) + 1, whole=None, cycles=(*once.cycles, passes))
