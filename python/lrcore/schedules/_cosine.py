"""Cosine annealing, with k-decay, exponent and warm restarts."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

import lrcore._core as _core
from lrcore._validation import as_float, as_int, as_probability, as_str
from lrcore.schedules._base import Schedule
from lrcore.schedules._compat import T, compatible, defaults, normalize_step_count
from lrcore.schedules._timeline import PeriodicSegment, Timeline, truncated_cycles, with_end_policy


@compatible(
    torch=defaults(end="mirror"),
    keras=defaults(),
    optax=defaults(),
    timm=defaults(),
    transformers=defaults(end="mirror"),
    fastai=defaults(),
)
@dataclass(frozen=True)
class Cosine(Schedule):
    """A learning rate that falls along half a cosine wave and stays at the bottom, or does there what it is told to.

    lr(t) = min_lr + (base_lr - min_lr) * (sin(pi * (1 - (t / T)^k) / 2)^2)^exponent  for t <= T = decay_steps,  and
    from then on
        "hold":    min_lr
        "repeat":  lr(t mod (T + 1)): from base_lr again after one step at min_lr
        "mirror":  lr(T - 1), lr(T - 2), ..., lr(0), lr(1), ...: up again, and down, with a period of 2T
        "raise":   ValueError

    With k = 1 the square of the sine is (1 + cos(pi * t / decay_steps)) / 2, written so that the last steps keep their
    digits.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        decay_steps: Steps to the bottom, at least 1.
        min_lr: Learning rate at the bottom, from 0 to base_lr.
        exponent: Power of the wave, finite and greater than 0.
        k: Power of the time, finite and greater than 0; above 1 the fall begins later (k-decay).
        end: "hold", "repeat", "mirror" or "raise".
        alpha: The bottom as a part of base_lr, from 0 to 1, in place of min_lr; kept as min_lr = alpha * base_lr.
        last: Step with min_lr, "T-1" or "T" (None means this); kept in decay_steps.
        compat: Whose way of counting and whose defaults to take: "torch" or "transformers", with end="mirror",
            "keras", "optax", "timm" or "fastai"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range, or both min_lr and alpha are given.
        TypeError: When an argument is of the wrong type.

    Source: Loshchilov and Hutter, "SGDR" (arXiv:1608.03983), equation 5, without restarts; exponent and alpha:
    optax.cosine_decay_schedule; k: Zhang and Li, "k-decay" (arXiv:2004.05909) as timm.scheduler.CosineLRScheduler has
    it; "mirror": torch.optim.lr_scheduler.CosineAnnealingLR and transformers.get_cosine_schedule_with_warmup.

    Example:
        >>> [round(lr, 12) for lr in Cosine(1.0, decay_steps=4).values(0, 6).tolist()]
        [1.0, 0.853553390593, 0.5, 0.146446609407, 0.0, 0.0]
        >>> Cosine(0.5, decay_steps=4, alpha=0.25)
        Cosine(base_lr=0.5, decay_steps=4, min_lr=0.125, exponent=1.0, k=1.0, end='hold')
        >>> [round(lr, 3) for lr in Cosine(1.0, decay_steps=4, end="mirror").values(4, 10).tolist()]
        [0.0, 0.146, 0.5, 0.854, 1.0, 0.854]
    """

    name: ClassVar[str] = "cosine"

    base_lr: float
    decay_steps: int
    min_lr: float = 0.0
    exponent: float = 1.0
    k: float = 1.0
    end: str = "hold"
    alpha: InitVar[float | None] = field(default=None, kw_only=True)
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, alpha: float | None, last: str | None, compat: str | None) -> None:
        base_lr = as_float("base_lr", self.base_lr)
        min_lr = as_float("min_lr", self.min_lr)
        self._init_fields(
            _core.Cosine,
            base_lr=base_lr,
            decay_steps=normalize_step_count("decay_steps", self.decay_steps, last, convention=T),
            min_lr=min_lr if alpha is None else _floor(base_lr, min_lr, alpha),
            exponent=as_float("exponent", self.exponent),
            k=as_float("k", self.k),
            end=as_str("end", self.end),
        )

    def _timeline(self) -> Timeline:
        if self.end == "hold":
            return Timeline.ending_at(self.decay_steps)
        return with_end_policy(Timeline(self.decay_steps + 1, complete_after=self.decay_steps), self.end)


def _floor(base_lr: float, min_lr: float, alpha: float) -> float:
    if min_lr != 0:
        raise ValueError(f"alpha must be None where min_lr is given, but got {alpha} and min_lr={min_lr}")
    return as_probability("alpha", alpha) * base_lr


@compatible(
    torch=defaults(),
    keras=defaults(period_mult=2),
    timm=defaults(cycles=1, decays="peak"),
    transformers=defaults(cycles=1),
    fastai=defaults(period_mult=2),
)
@dataclass(frozen=True)
class CosineRestarts(Schedule):
    """A learning rate that falls along half a cosine wave and jumps back up, again and again.

    period_n = first_period * period_mult^n,  begin_0 = 0,  begin_(n+1) = begin_n + period_n

    lr(t) = min_lr + (base_lr - min_lr) * peak_decay^n * (1 + cos(pi * (t - begin_n) / period_n)) / 2

    with the last cycle n that has begun, begin_n <= t, and min_lr after the last of `cycles`. With decays="peak" the
    n-th peak is base_lr * peak_decay^n, though not below min_lr. With a whole multiplier every restart is at a step,
    and found by integers; with a real one the periods are real too, and most restarts lie between two steps.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        first_period: Steps of the first cycle, at least 1.
        period_mult: How many times as long as the one before each cycle is: 1, or from 1.001 to 1e6.
        peak_decay: What the peak is multiplied by from cycle to cycle, greater than 0 and at most 1.
        min_lr: Learning rate that each cycle ends just above, from 0 to base_lr.
        cycles: Number of cycles, at least 1; None for no end.
        decays: What peak_decay multiplies: "height", that of the peak above min_lr, or "peak", its learning rate.
        compat: Whose way of counting and whose defaults to take: "torch", "keras", "timm", "transformers" or
            "fastai"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Loshchilov and Hutter, "SGDR" (arXiv:1608.03983), equation 5; CosineAnnealingWarmRestarts of PyTorch,
    CosineDecayRestarts of Keras and the cycles of timm, which find the cycle by a logarithm and so, at some restarts,
    are a whole cycle wrong. timm decays the peak without a lower limit: there a late cycle rises from below its own
    lr_min.

    Example:
        >>> CosineRestarts(1.0, first_period=2, period_mult=2, peak_decay=0.5).values(0, 7).round(12).tolist()
        [1.0, 0.5, 0.5, 0.426776695297, 0.25, 0.073223304703, 0.25]
        >>> CosineRestarts(1.0, first_period=2, cycles=2).values(0, 6).round(12).tolist()
        [1.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """

    name: ClassVar[str] = "cosine_restarts"

    base_lr: float
    first_period: int
    period_mult: float = 1.0
    peak_decay: float = 1.0
    min_lr: float = 0.0
    cycles: int | None = None
    decays: str = "height"
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._init_fields(
            _core.CosineRestarts,
            base_lr=as_float("base_lr", self.base_lr),
            first_period=as_int("first_period", self.first_period),
            period_mult=as_float("period_mult", self.period_mult),
            peak_decay=as_float("peak_decay", self.peak_decay),
            min_lr=as_float("min_lr", self.min_lr),
            cycles=None if self.cycles is None else as_int("cycles", self.cycles),
            decays=as_str("decays", self.decays),
        )

    def _timeline(self) -> Timeline:
        cycles = PeriodicSegment(self.first_period, growth=self.period_mult)
        return (
            Timeline.periodic(cycles) if self.cycles is None else truncated_cycles(cycles, cycles.end_of(self.cycles))
        )
