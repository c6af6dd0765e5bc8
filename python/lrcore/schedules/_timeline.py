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
class PeriodicSegment:
    """Cycle after cycle from one step on, each as long as the one before or longer.

    Args:
        period: Steps of the first cycle.
        begin: First step of the first cycle; negative where an `Offset` skips some of its steps.
        growth: How many times as long as the one before each cycle is.
        phase_starts: Steps into each cycle at which a phase of it begins.
        start: First step that belongs to them, if that is after `begin`.
        stop: First step that no longer belongs to them; None for no end.
        valid_stop_offsets: After how many updates a run of whole cycles may end, counted from the next cycle's first.
        is_staircase: Whether they are levels, any of which a run may end on.

    Example:
        >>> list(PeriodicSegment(100, phase_starts=(30,), stop=250).iter_phase_starts(0))
        [30, 100, 130, 200, 230]
        >>> PeriodicSegment(100, begin=20).bounds_at(230)
        (220, 320)
    """

    period: int
    begin: int = 0
    growth: float = 1.0
    phase_starts: tuple[int, ...] = ()
    start: int = 0
    stop: int | None = None
    valid_stop_offsets: tuple[int, ...] = (0,)
    is_staircase: bool = False

    def shifted(self, steps: int) -> PeriodicSegment:
        """The same cycles, `steps` later."""
        stop = None if self.stop is None else self.stop + steps
        return replace(self, begin=self.begin + steps, start=max(self.start + steps, 0), stop=stop)

    def cut(self, stop: int) -> PeriodicSegment:
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

    def bounds_at(self, step: int) -> tuple[int, int]:
        """The first steps of the cycle that `step` is in and of the next one."""
        number = self._number_of(step)
        return self.end_of(number), self.end_of(number + 1)

    def iter_phase_starts(self, start: int) -> Iterator[int]:
        """Every step after `start` at which a later cycle or a phase of any begins, in order."""
        after = max(start, self.start, self.begin)
        for begin in map(self.end_of, itertools.count(self._number_of(after))):
            if self.stop is not None and begin >= self.stop:
                return
            for step in (begin + joint for joint in (0, *self.phase_starts)):
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
class Timeline:
    """Where the phases of a schedule begin, and how it ends, if it does.

    Args:
        length: Updates that show what there is to see: all of them up to the end, or a stretch where there is no end.
        constant_from: First step whose value is held for ever; None if there is none.
        complete_after: Smallest run length that covers the whole schedule, None if any length is acceptable.
        undefined_from: First step that has no value but a ValueError; None if there is none.
        undefined_until: First step after it that may have a value again; None if there is none.
        phase_starts: Steps at which a phase begins, other than those of cycles.
        cycles: What comes again and again.
    """

    length: int
    constant_from: int | None = None
    complete_after: int | None = None
    undefined_from: int | None = None
    phase_starts: tuple[int, ...] = ()
    cycles: tuple[PeriodicSegment, ...] = ()
    undefined_until: int | None = None

    @classmethod
    def with_steps(cls, steps: int, phase_starts: Sequence[float] = ()) -> Timeline:
        """So many updates, of which the last is the first with the value that is held from there on."""
        return cls(steps, constant_from=steps - 1, complete_after=steps, phase_starts=_within(phase_starts, steps - 1))

    @classmethod
    def ending_at(cls, last: int, phase_starts: Sequence[float] = ()) -> Timeline:
        """A way to the value of step `last`, of which a run may stop one update short."""
        return cls(last + 1, constant_from=last, complete_after=last, phase_starts=_within(phase_starts, last))

    @classmethod
    def periodic(cls, cycles: PeriodicSegment) -> Timeline:
        """Nothing but cycles."""
        return cls(cycles.end_of(CYCLES_SHOWN), cycles=(cycles,))

    def stop(self, start: int, steps: int | None) -> int:
        """The step up to which `steps` updates from `start` on go, or all that there is to see if None."""
        if steps is not None:
            return start + steps
        stop = self.length if start < self.length else start + self.length
        passed = self.undefined_until is not None and self.undefined_until <= start
        last = LAST_STEP if self.undefined_from is None or passed else self.undefined_from
        return max(start + 1, min(stop, last))

    @property
    def unending_cycles(self) -> tuple[PeriodicSegment, ...]:
        """The cycles that go on for ever, stairs left out."""
        return tuple(cycles for cycles in self.cycles if cycles.stop is None and not cycles.is_staircase)

    def iter_phase_starts(self, start: int, stop: int) -> Iterator[int]:
        """Every step between `start` and `stop` at which a phase begins, in order, neither of both included."""
        once = (joint for joint in self.phase_starts if joint > start)
        merged = heapq.merge(once, *(cycles.iter_phase_starts(start) for cycles in self.cycles))
        return takewhile(lambda joint: joint < stop, (joint for joint, _ in groupby(merged)))

    def without_unreachable_end(self) -> Timeline:
        """This course, not held where it never comes to that: from where it raises on, or beyond the last step."""
        constant_from = self.constant_from or 0
        passed = self.undefined_until is not None and self.undefined_until <= constant_from
        last = LAST_STEP if self.undefined_from is None or passed else self.undefined_from - 1
        return self if constant_from <= last else replace(self, constant_from=None)

    def zero_from(self, schedule: Callable[[int], float]) -> int | None:
        """The first step from which the schedule with this course is held at zero, if it ever is."""
        return self.constant_from if self.constant_from is not None and schedule(self.constant_from) == 0 else None

    def shifted(self, steps: int) -> Timeline:
        """The course of the same schedule begun `steps` later, or earlier where that is negative."""
        over = self.undefined_until is not None and self.undefined_until + steps <= 0
        return replace(
            self,
            length=self.length + steps if self.length + steps > 0 else self.length,
            constant_from=_moved(self.constant_from, steps),
            complete_after=_moved(self.complete_after, steps),
            undefined_from=None if over else _moved(self.undefined_from, steps),
            undefined_until=None if over else _moved(self.undefined_until, steps),
            phase_starts=tuple(joint + steps for joint in self.phase_starts if joint + steps > 0),
            cycles=tuple(cycles.shifted(steps) for cycles in self.cycles),
        )

    def cut(self, stop: int) -> Timeline:
        """The course of the first `stop` steps alone; what comes after them is for the caller to say."""
        raises = self.undefined_from is not None and self.undefined_from < stop
        return Timeline(
            stop,
            undefined_from=self.undefined_from if raises else None,
            undefined_until=earliest(self.undefined_until, stop) if raises else None,
            phase_starts=tuple(joint for joint in self.phase_starts if joint < stop),
            cycles=tuple(cycles.cut(stop) for cycles in self.cycles),
        )

    def preceded_by(self, before: Timeline) -> Timeline:
        """This course, with `before` in front of it for as many steps as that is long."""
        first = first_undefined([before, self])
        return replace(
            self,
            undefined_from=first.undefined_from,
            undefined_until=first.undefined_until,
            phase_starts=tuple(sorted({*before.phase_starts, before.length, *self.phase_starts} - {0})),
            cycles=(*before.cycles, *self.cycles),
        )


def first_undefined(courses: Sequence[Timeline]) -> Timeline:
    """That which raises first, and of several that which goes on for longest."""
    return min(courses, key=lambda course: (_or_infinity(course.undefined_from), -_or_infinity(course.undefined_until)))


def earliest(*steps: int | None) -> int | None:
    """The first of the steps that are known."""
    return min((step for step in steps if step is not None), default=None)


def _within(phase_starts: Sequence[float], stop: int) -> tuple[int, ...]:
    """The first steps at or after the joints, as far as they are between step 0 and `stop`."""
    steps = {math.ceil(round(joint, 6)) for joint in phase_starts}  # a rounding error is no step
    return tuple(sorted(step for step in steps if 0 < step < stop))


def _or_infinity(step: int | None) -> float:
    return math.inf if step is None else step


def _moved(step: int | None, steps: int) -> int | None:
    return None if step is None else max(step + steps, 0)


def repeated(once: Timeline, count: int | None) -> Timeline:
    """`once`, cut to its length, `count` times or for ever."""
    cycles = PeriodicSegment(once.length, phase_starts=once.phase_starts)
    if count is None:
        return replace(
            Timeline.periodic(cycles), undefined_from=once.undefined_from, undefined_until=once.undefined_until
        )
    steps = once.length * count
    constant_from = None if once.undefined_until == once.length else steps - 1
    rounds = replace(Timeline.with_steps(steps), constant_from=constant_from, cycles=(cycles.cut(steps),))
    return replace(rounds, undefined_from=once.undefined_from, undefined_until=once.undefined_until)


def with_end_policy(once: Timeline, end: str) -> Timeline:
    """`once`, cut to its length, and what an `Until` with that `end` does then."""
    goes_on = None if once.undefined_until == once.length else once.undefined_until  # what the last step does is held
    match end:
        case "repeat":
            return repeated(once, None)
        case "mirror" if once.length > 1:
            return _mirrored(once)
        case "raise":
            undefined_from = earliest(once.undefined_from, once.length)
            return replace(
                once,
                undefined_from=undefined_from,
                undefined_until=goes_on,
                complete_after=once.complete_after or once.length,
            )
    return replace(once, constant_from=once.length - 1, undefined_until=goes_on, complete_after=once.length)


def _mirrored(once: Timeline) -> Timeline:
    passes = PeriodicSegment(once.length - 1, valid_stop_offsets=(0, 1))  # the turning point is a step of both passes
    undefined_until = once.undefined_until
    if once.undefined_from is not None and undefined_until == once.length:  # and as long again on the way back
        undefined_until = 2 * once.length - 1 - once.undefined_from
    return replace(
        once,
        length=passes.end_of(3) + 1,
        complete_after=None,
        undefined_until=undefined_until,
        cycles=(*once.cycles, passes),
    )


CONSTANT_TIMELINE = Timeline(100, constant_from=0)
LONGEST = 2**53  # updates that are shown


def piecewise_constant_timeline(changes: Sequence[int]) -> Timeline:
    """Shown until the last level has lasted as long as the one before."""
    if not changes:
        return CONSTANT_TIMELINE
    last = changes[-1]
    before = max((change for change in changes if change < last), default=0)
    return Timeline(max(2 * last - before, last + 1), constant_from=last, phase_starts=tuple(sorted({*changes} - {0})))


def decay_timeline(steps: int, times: float, staircase: bool) -> Timeline:
    """A decay without an end, shown for `times` its decay_steps."""
    length = max(math.ceil(min(steps * times, LONGEST)), 2)
    return Timeline(length, cycles=(PeriodicSegment(steps, is_staircase=True),) if staircase else ())


def scaled_cycles_timeline(cycles: PeriodicSegment, scale: Timeline, zero_from: int | None, unit: int) -> Timeline:
    """Cycles whose heights follow a course of which each step is `unit` steps, and which may end them by 0."""
    if zero_from is not None:
        return truncated_cycles(cycles, zero_from * unit)
    course = Timeline.periodic(cycles)
    undefined_from, undefined_until = (
        None if step is None else step * unit for step in (scale.undefined_from, scale.undefined_until)
    )
    return replace(
        course,
        length=max(course.length, scale.length * unit),
        undefined_from=undefined_from,
        undefined_until=undefined_until,
    )


def truncated_cycles(cycles: PeriodicSegment, stop: int) -> Timeline:
    """Cycles up to a step from which on their lowest value is held."""
    return replace(Timeline.ending_at(stop), cycles=(cycles.cut(stop),))
