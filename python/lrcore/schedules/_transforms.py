"""Schedules that clip, move, repeat or end another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import lrcore._core as _core
from lrcore._validation import as_float, as_int, as_str
from lrcore._validation import as_int as whole_number
from lrcore.schedules._base import Schedule, learning_rate
from lrcore.schedules._timeline import Timeline, repeated, with_end_policy


@dataclass(frozen=True)
class Clip(Schedule):
    """Another schedule kept between two learning rates.

    lr(t) = min(max(base(t), min_lr), max_lr)

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        min_lr: Lower limit, finite and not negative.
        max_lr: Upper limit, finite, greater than 0 and not less than min_lr; None for none.

    Raises:
        ValueError: When a limit is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: numpy.clip.

    Example:
        >>> from lrcore import Linear
        >>> Clip(Linear(1.0, 0.0, 5), min_lr=0.125, max_lr=0.5).values(0, 5).tolist()
        [0.5, 0.5, 0.5, 0.25, 0.125]
    """

    name: ClassVar[str] = "clip"
    _yscale: ClassVar[str] = "base"

    base: Schedule
    min_lr: float = 0.0
    max_lr: float | None = None

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Clip,
            base=learning_rate("base", self.base),
            min_lr=as_float("min_lr", self.min_lr),
            max_lr=None if self.max_lr is None else as_float("max_lr", self.max_lr),
        )

    def _timeline(self) -> Timeline:
        return self.base.course()


@dataclass(frozen=True)
class Delay(Schedule):
    """The first learning rate of another schedule for some steps, and then that schedule.

    lr(t) = base(max(t - steps, 0))

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        steps: Optimizer updates to wait, at least 0.

    Raises:
        ValueError: When `steps` is negative or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: transition_begin of optax.polynomial_schedule.

    Example:
        >>> from lrcore import Linear
        >>> Delay(Linear(1.0, 0.0, 5), steps=2).values(0, 6).tolist()
        [1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    """

    name: ClassVar[str] = "delay"
    _yscale: ClassVar[str] = "base"

    base: Schedule
    steps: int

    def __post_init__(self) -> None:
        self._init_fields(_core.Delay, base=learning_rate("base", self.base), steps=as_int("steps", self.steps))

    def _timeline(self) -> Timeline:
        return self.base.course().shifted(self.steps).preceded_by(Timeline(self.steps))


@dataclass(frozen=True)
class Offset(Schedule):
    """Another schedule from one of its later steps on.

    lr(t) = base(t + offset),  where t + offset is at most 2^63 - 1

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        offset: Step of `base` that update 0 has, at least 0.

    Raises:
        ValueError: When `offset` is negative or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: PyTorch's last_epoch, which asks for one less and for the optimizer's state.

    Example:
        >>> from lrcore import Linear
        >>> Offset(Linear(1.0, 0.0, 5), offset=2).values(0, 4).tolist()
        [0.5, 0.25, 0.0, 0.0]
    """

    name: ClassVar[str] = "offset"
    _yscale: ClassVar[str] = "base"

    base: Schedule
    offset: int

    def __post_init__(self) -> None:
        self._init_fields(_core.Offset, base=learning_rate("base", self.base), offset=as_int("offset", self.offset))

    def _timeline(self) -> Timeline:
        return self.base.course().shifted(-self.offset)


@dataclass(frozen=True)
class Repeat(Schedule):
    """The first steps of another schedule over and over, lower every time.

    lr(t) = base(t mod period) * peak_decay^(t div period),  its last value held after `count` rounds

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        period: Steps of a round, at least 1; a `Warmup` needs all its steps.
        count: Rounds, at least 1; None for no end.
        peak_decay: Factor from one round to the next, greater than 0 and at most 1.

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: cycle_limit and cycle_decay of timm's schedulers, whose period cannot be that of any schedule.

    Example:
        >>> from lrcore import Linear
        >>> Repeat(Linear(1.0, 0.0, 5), period=4, count=2, peak_decay=0.5).values(0, 9).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.5, 0.375, 0.25, 0.125, 0.125]
    """

    name: ClassVar[str] = "repeat"

    base: Schedule
    period: int
    count: int | None = None
    peak_decay: float = 1.0

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Repeat,
            base=learning_rate("base", self.base),
            period=whole_number("period", self.period),
            count=None if self.count is None else whole_number("count", self.count),
            peak_decay=as_float("peak_decay", self.peak_decay),
        )

    def _timeline(self) -> Timeline:
        return repeated(self.base.course().cut(self.period), self.count)


@dataclass(frozen=True)
class Until(Schedule):
    """Another schedule for some steps, and an explicit choice of what comes after them.

    lr(t) = base(t)  for t < T = total_steps,  and from then on
        "hold":    base(T - 1)
        "repeat":  base(t mod T)
        "mirror":  base(T - 2), base(T - 3), ..., base(0), base(1), ...: neither end comes twice in a row
        "raise":   ValueError

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        total_steps: Optimizer updates up to the end, at least 1; a `Warmup` needs all its steps.
        end: "hold", "repeat", "mirror" or "raise".

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: torch's CosineAnnealingLR, which rises again past its end ("mirror" with T_max + 1 steps), and OneCycleLR,
        which raises.

    Example:
        >>> from lrcore import Linear
        >>> Until(Linear(1.0, 0.0, 5), total_steps=4, end="mirror").values(0, 8).tolist()
        [1.0, 0.75, 0.5, 0.25, 0.5, 0.75, 1.0, 0.75]
        >>> Until(Linear(1.0, 0.0, 5), total_steps=4, end="raise")(4)
        Traceback (most recent call last):
            ...
        lrcore.ArgumentError: step must be less than total_steps=4, but got 4
    """

    name: ClassVar[str] = "until"
    _yscale: ClassVar[str] = "base"

    base: Schedule
    total_steps: int
    end: str = "hold"

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Until,
            base=learning_rate("base", self.base),
            total_steps=as_int("total_steps", self.total_steps),
            end=as_str("end", self.end),
        )

    def _timeline(self) -> Timeline:
        return with_end_policy(self.base.course().cut(self.total_steps), self.end)
