"""What a schedule does when: its phases, its cycles and its end."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from lrcore.schedules.cycles import LAST_STEP, Cycles

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
        joints: Steps at which a phase begins, other than those of cycles.
        cycles: What comes again and again.
    """

    length: int
    held_from: int | None = None
    whole: int | None = None
    raises_from: int | None = None
    joints: tuple[int, ...] = ()
    cycles: tuple[Cycles, ...] = ()

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
        return max(start + 1, min(stop, LAST_STEP, stop if self.raises_from is None else self.raises_from))

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
        last = LAST_STEP if self.raises_from is None else self.raises_from - 1
        return self if (self.held_from or 0) <= last else replace(self, held_from=None)

    def zero_from(self, schedule: Callable[[int], float]) -> int | None:
        """The first step from which the schedule with this course is held at zero, if it ever is."""
        return self.held_from if self.held_from is not None and schedule(self.held_from) == 0 else None

    def shifted(self, steps: int) -> Course:
        """The course of the same schedule begun `steps` later, or earlier where that is negative."""
        return replace(
            self,
            length=self.length + steps if self.length + steps > 0 else self.length,
            held_from=_moved(self.held_from, steps),
            whole=_moved(self.whole, steps),
            raises_from=_moved(self.raises_from, steps),
            joints=tuple(joint + steps for joint in self.joints if joint + steps > 0),
            cycles=tuple(cycles.shifted(steps) for cycles in self.cycles),
        )

    def cut(self, stop: int) -> Course:
        """The course of the first `stop` steps alone; what comes after them is for the caller to say."""
        return Course(
            stop,
            raises_from=self.raises_from if self.raises_from is not None and self.raises_from < stop else None,
            joints=tuple(joint for joint in self.joints if joint < stop),
            cycles=tuple(cycles.cut(stop) for cycles in self.cycles),
        )

    def after(self, before: Course) -> Course:
        """This course, with `before` in front of it for as many steps as that is long."""
        return replace(
            self,
            raises_from=first_of(before.raises_from, self.raises_from),
            joints=tuple(sorted({*before.joints, before.length, *self.joints} - {0})),
            cycles=(*before.cycles, *self.cycles),
        )


def first_of(*steps: int | None) -> int | None:
    """The first of the steps that are known."""
    return min((step for step in steps if step is not None), default=None)


def _within(joints: Sequence[float], stop: int) -> tuple[int, ...]:
    """The first steps at or after the joints, as far as they are between step 0 and `stop`."""
    steps = {math.ceil(round(joint, 6)) for joint in joints}  # a rounding error is no step
    return tuple(sorted(step for step in steps if 0 < step < stop))


def _moved(step: int | None, steps: int) -> int | None:
    return None if step is None else max(step + steps, 0)
