"""Decay as one over the root of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class InverseSqrt(Schedule):
    """A learning rate that rises along a line from 0 and then falls as one over the root of the time; it has no end.

    lr(t) = base_lr * t / warmup_steps  for t < warmup_steps

    lr(t) = base_lr * sqrt(timescale / (timescale + t - warmup_steps))  from then on

    With timescale = warmup_steps this is base_lr * sqrt(warmup_steps / t).

    Args:
        base_lr: Learning rate at step warmup_steps, finite and greater than 0.
        timescale: Three times as many steps after the warm-up the learning rate is halved; at least 1. As many as
            warmup_steps if None, or 10,000 without a warm-up.
        warmup_steps: Steps of the rise, at least 0; with 0 step 0 has base_lr.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: transformers.get_inverse_sqrt_schedule; fairseq's inverse_sqrt, which without a warm-up divides by zero.

    Example:
        >>> InverseSqrt(0.5, timescale=1, warmup_steps=2).values(0, 6).round(12).tolist()
        [0.0, 0.25, 0.5, 0.353553390593, 0.288675134595, 0.25]
    """

    name: ClassVar[str] = "inverse_sqrt"

    base_lr: float
    timescale: int | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        warmup_steps = count("warmup_steps", self.warmup_steps)
        self._freeze(
            _core.InverseSqrt,
            base_lr=real("base_lr", self.base_lr),
            timescale=warmup_steps or 10_000 if self.timescale is None else count("timescale", self.timescale),
            warmup_steps=warmup_steps,
        )

    def _course(self) -> Course:
        assert self.timescale is not None  # __post_init__ has set it
        joints = (self.warmup_steps,) if self.warmup_steps else ()
        return Course(self.warmup_steps + 8 * self.timescale, joints=joints)  # down to a third
