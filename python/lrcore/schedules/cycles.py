"""Stretches of a schedule that come again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

LAST_STEP = 2**63 - 1
FRACTION_BITS = 128  # of a step: with a real growth a cycle may begin between two steps


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
        """The first step after so many cycles."""
        if self.growth == 1.0:
            return self.begin + cycles * self.period
        begins = enumerate(self.begins(self.begin))
        return next(begin for number, begin in begins if number == cycles or begin > LAST_STEP)

    def around(self, step: int) -> tuple[int, int]:
        """The first steps of the cycle that `step` is in and of the next one."""
        if self.growth == 1.0:
            begin = step - (step - self.begin) % self.period
            return begin, begin + self.period
        last = self.begin
        for begin in self.begins(self.begin):
            if begin > step:
                return last, begin
            last = begin
        raise AssertionError("cycles have no last one")

    def all_joints(self, start: int) -> Iterator[int]:
        """Every step after `start` at which a later cycle or a phase of any begins, in order."""
        for begin in self.begins(start):
            if self.stop is not None and begin >= self.stop:
                return
            for step in (begin + joint for joint in (0, *self.joints)):
                if step > max(start, self.start, self.begin) and (self.stop is None or step < self.stop):
                    yield step

    def begins(self, start: int) -> Iterator[int]:
        """The first steps of all cycles from that of `start` on, without end."""
        numerator, denominator = self.growth.as_integer_ratio()
        first = self.begin if self.growth > 1.0 else max(self.begin, self.around(start)[0])
        begin, period = first << FRACTION_BITS, self.period << FRACTION_BITS
        while True:
            yield -(-begin >> FRACTION_BITS)
            begin += period
            period = period * numerator // denominator
