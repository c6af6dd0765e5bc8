"""Half cosine waves, one after the other."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real, text
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.family_courses import stopped
from lrcore.schedules.schedule import Schedule


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
        self._freeze(
            _core.CosineRestarts,
            base_lr=real("base_lr", self.base_lr),
            first_period=count("first_period", self.first_period),
            period_mult=real("period_mult", self.period_mult),
            peak_decay=real("peak_decay", self.peak_decay),
            min_lr=real("min_lr", self.min_lr),
            cycles=None if self.cycles is None else count("cycles", self.cycles),
            decays=text("decays", self.decays),
        )

    def _course(self) -> Course:
        cycles = Cycles(self.first_period, growth=self.period_mult)
        return Course.again(cycles) if self.cycles is None else stopped(cycles, cycles.end_of(self.cycles))
