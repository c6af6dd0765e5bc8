"""Decay by one factor per so many steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, flag, real
from lrcore.schedules.course import Course
from lrcore.schedules.family_courses import LEVEL, LONGEST, decay
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """A learning rate that is multiplied by one number per decay_steps steps, smoothly or all at once.

    lr(t) = base_lr * decay_rate^q,  q = t / decay_steps, rounded down if staircase

    Without end_lr it has no end and holds the largest float64 where it overflows; with end_lr it goes no further than
    that.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        decay_rate: Factor per decay_steps steps, finite and not negative; above 1 the learning rate rises.
        decay_steps: Steps in which q grows by 1, at least 1.
        staircase: Whether q stays a whole number.
        end_lr: Where it stops: finite and, if decay_rate is less than 1, from 0 to base_lr, else at least base_lr.
            None for no end.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: keras.optimizers.schedules.ExponentialDecay, torch.optim.lr_scheduler.ExponentialLR (decay_steps=1) and
    optax.exponential_decay, which does not decay at all where decay_rate is 0. `Exponential` is the same curve by its
    two ends.

    Example:
        >>> ExponentialDecay(1.0, decay_rate=0.25, decay_steps=2).values(0, 5).tolist()
        [1.0, 0.5, 0.25, 0.125, 0.0625]
        >>> ExponentialDecay(1.0, 0.25, decay_steps=2, staircase=True, end_lr=0.1).values(0, 5).tolist()
        [1.0, 1.0, 0.25, 0.25, 0.1]
    """

    name: ClassVar[str] = "exponential_decay"

    base_lr: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False
    end_lr: float | None = None

    def __post_init__(self) -> None:
        self._freeze(
            _core.ExponentialDecay,
            base_lr=real("base_lr", self.base_lr),
            decay_rate=real("decay_rate", self.decay_rate),
            decay_steps=count("decay_steps", self.decay_steps),
            staircase=flag("staircase", self.staircase),
            end_lr=None if self.end_lr is None else real("end_lr", self.end_lr),
        )

    def _course(self) -> Course:
        rate = self.decay_rate
        if rate == 1:
            return LEVEL
        # Shown until the learning rate has changed by a factor of 100, or up to end_lr.
        course = decay(self.decay_steps, abs(math.log(100) / math.log(rate)) if rate > 0 else 1.0, self.staircase)
        last = self.end_lr if self.end_lr is not None or rate > 0 else 0.0
        if last is None or self(LONGEST) != last:
            return course
        held_from = _first_with(self, last)
        return replace(course, length=held_from + held_from // 10 + 1, held_from=held_from)


def _first_with(schedule: ExponentialDecay, last: float) -> int:
    """The first step that has the last value: the schedule never turns round."""
    without, first = -1, LONGEST
    while first - without > 1:
        step = (without + first) // 2
        without, first = (without, step) if schedule(step) == last else (step, first)
    return first
