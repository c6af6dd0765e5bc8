"""A schedule in words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise

from lrcore._arguments import positive_count
from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.samples import samples
from lrcore.schedules.schedule import Schedule

PHASES = 12


def describe(schedule: Schedule, steps: int | None = None) -> str:
    """What `Schedule.describe` gives."""
    course = schedule.course()
    stop = course.stop(0, None if steps is None else positive_count("steps", steps))
    lines = (repr(schedule), *_extremes(schedule, stop), *_phases(schedule, course, stop), _after(schedule, course))
    return "\n".join(lines)


def _extremes(schedule: Schedule, stop: int) -> Iterator[str]:
    steps, values = samples(schedule, 0, stop)
    looked_at = "" if len(steps) == stop else f", of which {len(steps)} are looked at"
    yield f"{schedule.quantity} of {stop} update{'' if stop == 1 else 's'}{looked_at}:"
    places = {"first": 0, "highest": int(values.argmax()), "lowest": int(values.argmin()), "last": -1}
    for name, place in places.items():
        yield f"  {name:8} {values[place]:<12.6g} at update {steps[place]}"


def _phases(schedule: Schedule, course: Course, stop: int) -> Iterator[str]:
    joints = list(islice(course.all_joints(0, stop), PHASES + 1))
    if not joints:
        return
    yield "phases:"
    for begin, end in islice(pairwise((0, *joints, stop)), PHASES):
        updates = f"{begin} to {end - 1}"
        yield f"  {updates:20} {schedule(begin):.6g} to {schedule(end - 1):.6g}"
    if len(joints) >= PHASES:
        yield "  and so on"


def _after(schedule: Schedule, course: Course) -> str:
    if course.raises_from is not None:
        return f"from update {course.raises_from} on: ValueError"
    if course.held_from is not None:
        return f"from update {course.held_from} on: held at {schedule(course.held_from):.6g}"
    if not course.endless_cycles:
        return "no end"
    return f"no end: {' and '.join(map(_again, course.endless_cycles))}"


def _again(cycles: Cycles) -> str:
    longer = "" if cycles.growth == 1.0 else f", each {cycles.growth:g} times as long as the one before"
    return f"cycles of {cycles.period} updates{longer}"
