"""Half cosine waves that go up, one after another."""

from __future__ import annotations

from lrcore.schedules import PiecewiseCosine, Repeat, Schedule, Sequence
from lrcore.schedules.schedule import MAX_STEP


def rising_waves(start: float, end: float, first: int, mult: int) -> Schedule:
    """Waves from `start` to just before `end`, of `first` steps and then of `mult` times as many each time.

    Example:
        >>> [round(lr, 12) for lr in rising_waves(0.0, 1.0, 2, 2).values(0, 8).tolist()]
        [0.0, 0.5, 0.0, 0.146446609407, 0.5, 0.853553390593, 0.0, 0.038060233744]
    """
    if mult == 1:
        return Repeat(_wave(start, end, first), first)
    waves, begins, length = [_wave(start, end, first)], [0], first
    while begins[-1] + length <= MAX_STEP:
        begins.append(begins[-1] + length)
        length *= mult
        waves.append(_wave(start, end, min(length, MAX_STEP)))  # of a longer one nobody sees the end
    return Sequence(waves, begins[1:])


def _wave(start: float, end: float, length: int) -> Schedule:
    return PiecewiseCosine([0, length], [start, end])
