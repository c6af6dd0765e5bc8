"""The courses of schedules that are made of others."""

from __future__ import annotations

from dataclasses import replace

from lrcore.schedules.course import Course, first_of
from lrcore.schedules.cycles import Cycles


def in_rounds(once: Course, count: int | None) -> Course:
    """`once`, cut to its length, `count` times or for ever."""
    cycles = Cycles(once.length, joints=once.joints)
    if count is None:
        return replace(Course.again(cycles), raises_from=once.raises_from, raises_to=once.raises_to)
    steps = once.length * count
    held_from = None if once.raises_to == once.length else steps - 1
    rounds = replace(Course.through(steps), held_from=held_from, cycles=(cycles.cut(steps),))
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
    raises_to = once.raises_to
    if once.raises_from is not None and raises_to == once.length:  # and as long again on the way back
        raises_to = 2 * once.length - 1 - once.raises_from
    return replace(once, length=passes.end_of(3) + 1, whole=None, raises_to=raises_to, cycles=(*once.cycles, passes))
