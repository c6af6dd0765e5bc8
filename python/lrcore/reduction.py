"""What a plateau led to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reduction:
    """A fall of the learning rate, and why it came.

    Attributes:
        step: Index, from 0, of the metric that led to it.
        metric: That metric.
        best: The best metric until then; None if none was finite.
        old_lrs: The learning rates before, one for each param group.
        new_lrs: The learning rates after.
        why: The reason, in one sentence.

    Example:
        >>> from lrcore import Plateau
        >>> Plateau(factor=0.5, patience=0).update(float("nan"), lr=0.5)
        Reduction(step=0, metric=nan, best=None, old_lrs=(0.5,), new_lrs=(0.25,), why='the metric nan was not finite')
    """

    step: int
    metric: float
    best: float | None
    old_lrs: tuple[float, ...]
    new_lrs: tuple[float, ...]
    why: str
