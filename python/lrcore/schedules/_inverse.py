"""Decays by an inverse power of time: inverse time, inverse square root and Noam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import lrcore._core as _core
from lrcore._validation import as_bool, as_float, as_int
from lrcore.schedules._base import Schedule
from lrcore.schedules._timeline import CONSTANT_TIMELINE, Timeline, decay_timeline


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
        warmup_steps = as_int("warmup_steps", self.warmup_steps)
        self._init_fields(
            _core.InverseSqrt,
            base_lr=as_float("base_lr", self.base_lr),
            timescale=warmup_steps or 10_000 if self.timescale is None else as_int("timescale", self.timescale),
            warmup_steps=warmup_steps,
        )

    def _timeline(self) -> Timeline:
        assert self.timescale is not None  # __post_init__ has set it
        phase_starts = (self.warmup_steps,) if self.warmup_steps else ()
        return Timeline(self.warmup_steps + 8 * self.timescale, phase_starts=phase_starts)  # down to a third


@dataclass(frozen=True)
class InverseTime(Schedule):
    """A learning rate that falls as one over the time; it has no end.

    lr(t) = base_lr / (1 + decay_rate * q),  q = t / decay_steps, rounded down if staircase

    The guide's 1e-2 / (1 + 0.1 * epoch) is `InverseTime(1e-2, 0.1, decay_steps=steps_per_epoch, staircase=True)`.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        decay_rate: Finite and not negative.
        decay_steps: Steps in which q grows by 1, at least 1.
        staircase: Whether q stays a whole number.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: keras.optimizers.schedules.InverseTimeDecay.

    Example:
        >>> InverseTime(0.5, decay_rate=1, decay_steps=2, staircase=True).values(0, 7).tolist()
        [0.5, 0.5, 0.25, 0.25, 0.16666666666666666, 0.16666666666666666, 0.125]
    """

    name: ClassVar[str] = "inverse_time"

    base_lr: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False

    def __post_init__(self) -> None:
        self._init_fields(
            _core.InverseTime,
            base_lr=as_float("base_lr", self.base_lr),
            decay_rate=as_float("decay_rate", self.decay_rate),
            decay_steps=as_int("decay_steps", self.decay_steps),
            staircase=as_bool("staircase", self.staircase),
        )

    def _timeline(self) -> Timeline:
        if self.decay_rate == 0:
            return CONSTANT_TIMELINE
        return decay_timeline(self.decay_steps, 9 / self.decay_rate, self.staircase)  # down to a tenth


@dataclass(frozen=True)
class Noam(Schedule):
    """A learning rate set by the width of the model: a linear rise, then a fall as one over the root of the time.

    lr(t) = factor / sqrt(model_size) * min(1 / sqrt(s), s / warmup_steps^1.5),  s = t + 1

    The peak is factor / sqrt(model_size * warmup_steps) at step warmup_steps - 1.

    Args:
        model_size: Width of the model, at least 1.
        warmup_steps: Steps to the peak, the peak counted; at least 1.
        factor: Multiplies every learning rate, finite and greater than 0.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Vaswani et al., "Attention Is All You Need" (arXiv:1706.03762), equation 3, whose steps count from 1;
    AllenNLP's NoamLR, where s = max(t, 1) gives the first two updates one learning rate.

    Example:
        >>> Noam(model_size=4, warmup_steps=4).values(0, 5).tolist()
        [0.0625, 0.125, 0.1875, 0.25, 0.22360679774997896]
    """

    name: ClassVar[str] = "noam"

    model_size: int
    warmup_steps: int
    factor: float = 1.0

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Noam,
            model_size=as_int("model_size", self.model_size),
            warmup_steps=as_int("warmup_steps", self.warmup_steps),
            factor=as_float("factor", self.factor),
        )

    def _timeline(self) -> Timeline:
        phase_starts = (self.warmup_steps - 1,) if self.warmup_steps > 1 else ()
        return Timeline(6 * self.warmup_steps, phase_starts=phase_starts)
