"""Stretches of a schedule that come again and again."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext

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
