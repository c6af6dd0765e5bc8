"""What a schedule does when: its phases, its cycles and its end."""

from __future__ import annotations

import heapq
import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from itertools import groupby, takewhile

LAST_STEP = 2**63 - 1
# Digits enough for every whole number of steps that a real growth can lead to, and infinity in place of an error.
EXACT = Context(prec=200, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


@dataclass(frozen=True)
class Cycles:
    """Cycle after cycle from one step on, each as long as the one before or longer.

    Args:
        period: Steps of the first cycle.
        begin: First step of the first cycle; negative where an `Offset` skips some of its steps.
        growth: How many times as long as the one before each cycle is.
        joints: Steps into each cycle at which a phase of it begins.
        start: First step that belongs to them, if that is after `begin`.
        stop: First step that no longer belongs to them; None for no end.
        whole: After how many updates a run of whole cycles may end, counted from where the next one begins.
        stairs: Whether they are levels, any of which a run may end on.

    Example:
        >>> list(Cycles(100, joints=(30,), stop=250).all_joints(0))
        [30, 100, 130, 200, 230]
        >>> Cycles(100, begin=20).around(230)
        (220, 320)
    """

    period: int
    begin: int = 0
    growth: float = 1.0
    joints: tuple[int, ...] = ()
    start: int = 0
    stop: int | None = None
    whole: tuple[int, ...] = (0,)
    stairs: bool = False

    def shifted(self, steps: int) -> Cycles:
        """The same cycles, `steps` later."""
        stop = None if self.stop is None else self.stop + steps
        return replace(self, begin=self.begin + steps, start=max(self.start + steps, 0), stop=stop)

    def cut(self, stop: int) -> Cycles:
        """The same cycles up to step `stop`."""
        return replace(self, stop=stop if self.stop is None else min(self.stop, stop))

    def end_of(self, cycles: int) -> int:
        """The first step after so many cycles, or one after the last step there is."""
        if self.growth == 1.0:
            return self.begin + cycles * self.period
        with localcontext(EXACT):
            growth = Decimal(self.growth)
            steps = self.period * (growth**cycles - 1) / (growth - 1)  # of a geometric series
            return self.begin + math.ceil(min(steps, Decimal(4 * LAST_STEP)))

    def around(self, step: int) -> tuple[int, int]:
        """The first steps of the cycle that `step` is in and of the next one."""
        number = self._number_of(step)
        return self.end_of(number), self.end_of(number + 1)

    def all_joints(self, start: int) -> Iterator[int]:
        """Every step after `start` at which a later cycle or a phase of any begins, in order."""
        after = max(start, self.start, self.begin)
        for begin in map(self.end_of, itertools.count(self._number_of(after))):
            if self.stop is not None and begin >= self.stop:
                return
            for step in (begin + joint for joint in (0, *self.joints)):
                if step > after and (self.stop is None or step < self.stop):
                    yield step

    def _number_of(self, step: int) -> int:
        """How many cycles end by `step`."""
        most = (step - self.begin) // self.period
        if self.growth == 1.0:
            return most
        return bisect_right(range(1, min(most, LAST_STEP) + 1), step, key=self.end_of)


CYCLES_SHOWN = 3


@dataclass(frozen=True)
class Course:
    """Where the phases of a schedule begin, and how it ends, if it does.

    Args:
        length: Updates that show what there is to see: all of them up to the end, or a stretch where there is no end.
        held_from: First step whose value is held for ever; None if there is none.
        whole: Fewest updates of a run that reaches the end; None where there is none that it ought to reach, as where a
            last level can be left at any time.
        raises_from: First step that has no value but a ValueError; None if there is none.
        raises_to: First step after it that may have a value again; None if there is none.
        joints: Steps at which a phase begins, other than those of cycles.
        cycles: What comes again and again.
    """

    length: int
    held_from: int | None = None
    whole: int | None = None
    raises_from: int | None = None
    joints: tuple[int, ...] = ()
    cycles: tuple[Cycles, ...] = ()
    raises_to: int | None = None

    @classmethod
    def through(cls, steps: int, joints: Sequence[float] = ()) -> Course:
        """So many updates, of which the last is the first with the value that is held from there on."""
        return cls(steps, held_from=steps - 1, whole=steps, joints=_within(joints, steps - 1))

    @classmethod
    def falling_to(cls, last: int, joints: Sequence[float] = ()) -> Course:
        """A way to the value of step `last`, of which a run may stop one update short."""
        return cls(last + 1, held_from=last, whole=last, joints=_within(joints, last))

    @classmethod
    def again(cls, cycles: Cycles) -> Course:
        """Nothing but cycles."""
        return cls(cycles.end_of(CYCLES_SHOWN), cycles=(cycles,))

    def stop(self, start: int, steps: int | None) -> int:
        """The step up to which `steps` updates from `start` on go, or all that there is to see if None."""
        if steps is not None:
            return start + steps
        stop = self.length if start < self.length else start + self.length
        passed = self.raises_to is not None and self.raises_to <= start
        last = LAST_STEP if self.raises_from is None or passed else self.raises_from
        return max(start + 1, min(stop, last))

    @property
    def endless_cycles(self) -> tuple[Cycles, ...]:
        """The cycles that go on for ever, stairs left out."""
        return tuple(cycles for cycles in self.cycles if cycles.stop is None and not cycles.stairs)

    def all_joints(self, start: int, stop: int) -> Iterator[int]:
        """Every step between `start` and `stop` at which a phase begins, in order, neither of both included."""
        once = (joint for joint in self.joints if joint > start)
        merged = heapq.merge(once, *(cycles.all_joints(start) for cycles in self.cycles))
        return takewhile(lambda joint: joint < stop, (joint for joint, _ in groupby(merged)))

    def reachable(self) -> Course:
        """This course, not held where it never comes to that: from where it raises on, or beyond the last step."""
        held_from = self.held_from or 0
        passed = self.raises_to is not None and self.raises_to <= held_from
        last = LAST_STEP if self.raises_from is None or passed else self.raises_from - 1
        return self if held_from <= last else replace(self, held_from=None)

    def zero_from(self, schedule: Callable[[int], float]) -> int | None:
        """The first step from which the schedule with this course is held at zero, if it ever is."""
        return self.held_from if self.held_from is not None and schedule(self.held_from) == 0 else None

    def shifted(self, steps: int) -> Course:
        """The course of the same schedule begun `steps` later, or earlier where that is negative."""
        over = self.raises_to is not None and self.raises_to + steps <= 0
        return replace(
            self,
            length=self.length + steps if self.length + steps > 0 else self.length,
            held_from=_moved(self.held_from, steps),
            whole=_moved(self.whole, steps),
            raises_from=None if over else _moved(self.raises_from, steps),
            raises_to=None if over else _moved(self.raises_to, steps),
            joints=tuple(joint + steps for joint in self.joints if joint + steps > 0),
            cycles=tuple(cycles.shifted(steps) for cycles in self.cycles),
        )

    def cut(self, stop: int) -> Course:
        """The course of the first `stop` steps alone; what comes after them is for the caller to say."""
        raises = self.raises_from is not None and self.raises_from < stop
        return Course(
            stop,
            raises_from=self.raises_from if raises else None,
            raises_to=first_of(self.raises_to, stop) if raises else None,
            joints=tuple(joint for joint in self.joints if joint < stop),
            cycles=tuple(cycles.cut(stop) for cycles in self.cycles),
        )

    def after(self, before: Course) -> Course:
        """This course, with `before` in front of it for as many steps as that is long."""
        first = first_to_raise([before, self])
        return replace(
            self,
            raises_from=first.raises_from,
            raises_to=first.raises_to,
            joints=tuple(sorted({*before.joints, before.length, *self.joints} - {0})),
            cycles=(*before.cycles, *self.cycles),
        )


def first_to_raise(courses: Sequence[Course]) -> Course:
    """That which raises first, and of several that which goes on for longest."""
    return min(courses, key=lambda course: (_or_never(course.raises_from), -_or_never(course.raises_to)))


def first_of(*steps: int | None) -> int | None:
    """The first of the steps that are known."""
    return min((step for step in steps if step is not None), default=None)


def _within(joints: Sequence[float], stop: int) -> tuple[int, ...]:
    """The first steps at or after the joints, as far as they are between step 0 and `stop`."""
    steps = {math.ceil(round(joint, 6)) for joint in joints}  # a rounding error is no step
    return tuple(sorted(step for step in steps if 0 < step < stop))


def _or_never(step: int | None) -> float:
    return math.inf if step is None else step


def _moved(step: int | None, steps: int) -> int | None:
    return None if step is None else max(step + steps, 0)


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
    raises_from, raises_to = (None if step is None else step * unit for step in (scale.raises_from, scale.raises_to))
    return replace(course, length=max(course.length, scale.length * unit), raises_from=raises_from, raises_to=raises_to)


def stopped(cycles: Cycles, stop: int) -> Course:
    """Cycles up to a step from which on their lowest value is held."""
    return replace(Course.falling_to(stop), cycles=(cycles.cut(stop),))
