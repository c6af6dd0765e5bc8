"""A schedule in words, and the sample of its values that describing and drawing it use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import islice, pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from lrcore._validation import as_positive_int
from lrcore.schedules._timeline import PeriodicSegment, Timeline

Steps: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.float64]


class ScheduleLike(Protocol):
    """The part of a schedule that its description and its figure need."""

    @property
    def quantity(self) -> str:
        """The quantity that it sets, such as "learning rate"."""

    def __call__(self, step: int) -> float:
        """The value at `step`."""

    def values(self, start: int, stop: int) -> Values:
        """The values at `start` to `stop` - 1."""

    def course(self) -> Timeline:
        """Its phases and its end."""


MOST_STEPS = 1_000_000
SAMPLES = 10_000
JOINTS = 1_000


def samples(schedule: ScheduleLike, start: int, stop: int) -> tuple[Steps, Values]:
    """Updates from `start` to `stop` - 1 and their values: all of them, or of more than a million some.

    These are evenly spaced ones, the last one, and the updates on both sides of the first thousand joints.

    Example:
        >>> from lrcore import Cosine
        >>> steps, lrs = samples(Cosine(0.5, decay_steps=10**12), 0, 10**12 + 1)
        >>> len(steps), steps.tolist()[-1], lrs.tolist()[-1]
        (10001, 1000000000000, 0.0)
    """
    if stop - start <= MOST_STEPS:
        return np.arange(start, stop), schedule.values(start, stop)
    even = range(start, stop, (stop - start) // SAMPLES)
    phase_starts = islice(schedule.course().iter_phase_starts(start, stop), JOINTS)
    steps = sorted({*even, stop - 1, *(step for joint in phase_starts for step in (joint - 1, joint))})
    return np.array(steps), np.array([schedule(step) for step in steps])


PHASES = 12


def describe(schedule: ScheduleLike, steps: int | None = None) -> str:
    """The text of `Schedule.describe`."""
    course = schedule.course()
    if steps is None and course.undefined_from == 0:
        return f"{schedule!r}\n{_after(schedule, course)}"
    stop = course.stop(0, None if steps is None else as_positive_int("steps", steps))
    lines = (repr(schedule), *_extremes(schedule, stop), *_phases(schedule, course, stop), _after(schedule, course))
    return "\n".join(lines)


def _extremes(schedule: ScheduleLike, stop: int) -> Iterator[str]:
    steps, values = samples(schedule, 0, stop)
    looked_at = "" if len(steps) == stop else f", of which {len(steps)} are looked at"
    yield f"{schedule.quantity} of {stop} update{'' if stop == 1 else 's'}{looked_at}:"
    places = {"first": 0, "highest": int(values.argmax()), "lowest": int(values.argmin()), "last": -1}
    for name, place in places.items():
        yield f"  {name:8} {values[place]:<12.6g} at update {steps[place]}"


def _phases(schedule: ScheduleLike, course: Timeline, stop: int) -> Iterator[str]:
    phase_starts = list(islice(course.iter_phase_starts(0, stop), PHASES + 1))
    if not phase_starts:
        return
    yield "phases:"
    for begin, end in islice(pairwise((0, *phase_starts, stop)), PHASES):
        updates = f"{begin} to {end - 1}"
        yield f"  {updates:20} {schedule(begin):.6g} to {schedule(end - 1):.6g}"
    if len(phase_starts) >= PHASES:
        yield "  and so on"


def _after(schedule: ScheduleLike, course: Timeline) -> str:
    if course.undefined_from is not None:
        return f"{_raising(course.undefined_from, course.undefined_until)}: ValueError"
    if course.constant_from is not None:
        return f"from update {course.constant_from} on: held at {schedule(course.constant_from):.6g}"
    if not course.unending_cycles:
        return "no end"
    return f"no end: {' and '.join(map(_again, course.unending_cycles))}"


def _raising(begin: int, end: int | None) -> str:
    if end is None:
        return f"from update {begin} on"
    return f"update {begin}" if end == begin + 1 else f"updates {begin} to {end - 1}"


def _again(cycles: PeriodicSegment) -> str:
    longer = "" if cycles.growth == 1.0 else f", each {cycles.growth:g} times as long as the one before"
    return f"cycles of {cycles.period} updates{longer}"


def compact_repr(value: Any) -> str:
    """The `repr` of a schedule without the arguments that have their defaults.

    Example:
        >>> from lrcore import Cosine, OneCycle
        >>> compact_repr([OneCycle(0.1, total_steps=300), Cosine(0.1, 20) * 0.5])
        '[OneCycle(max_lr=0.1, total_steps=300), Scaled(base=Cosine(base_lr=0.1, decay_steps=20), factor=0.5)]'
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(compact_repr, value))}]"
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    given = {item.name: getattr(value, item.name) for item in fields(value) if item.init}
    defaults = {item.name: item.default for item in fields(value)}
    arguments = (f"{name}={compact_repr(item)}" for name, item in given.items() if item != defaults[name])
    return f"{type(value).__name__}({', '.join(arguments)})"
