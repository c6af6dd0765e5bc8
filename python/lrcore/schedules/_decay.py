"""Decays over a number of steps: linear, polynomial, exponential and tanh."""

from __future__ import annotations

import math
from dataclasses import InitVar, dataclass, field, replace
from typing import ClassVar

import lrcore._core as _core
from lrcore._validation import as_bool, as_float, as_int
from lrcore.schedules._base import Schedule
from lrcore.schedules._compat import T_MINUS_1, T, compatible, defaults, normalize_step_count
from lrcore.schedules._timeline import CONSTANT_TIMELINE, LONGEST, PeriodicSegment, Timeline, decay_timeline


@compatible(fastai=defaults(last=T))
@dataclass(frozen=True)
class Exponential(Schedule):
    """A learning rate that goes from one value to another by equal factors, upwards or downwards.

    lr(t) = start_lr * (end_lr / start_lr)^(t / (total_steps - 1)),  end_lr from step total_steps - 1 on

    Both ends are exact.

    Args:
        start_lr: Learning rate at step 0, finite and greater than 0.
        end_lr: Learning rate at step total_steps - 1 and beyond, finite and greater than 0.
        total_steps: Number of steps from the first learning rate to the last, both counted; at least 2.
        last: Step with the last value, "T-1" (None means this) or "T"; kept in total_steps.
        compat: Whose way of counting and whose defaults to take: "fastai", with last="T"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: the range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section
    3.3, with the geometric steps of the guide's LR_Finder.

    Example:
        >>> [round(lr, 12) for lr in Exponential(1e-4, 1.0, total_steps=5).values(0, 6).tolist()]
        [0.0001, 0.001, 0.01, 0.1, 1.0, 1.0]
    """

    name: ClassVar[str] = "exponential"
    _yscale: ClassVar[str] = "log"

    start_lr: float
    end_lr: float
    total_steps: int
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._init_fields(
            _core.Exponential,
            start_lr=as_float("start_lr", self.start_lr),
            end_lr=as_float("end_lr", self.end_lr),
            total_steps=normalize_step_count("total_steps", self.total_steps, last, convention=T_MINUS_1),
        )

    def _timeline(self) -> Timeline:
        return Timeline.with_steps(self.total_steps)


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
    _yscale: ClassVar[str] = "log"

    base_lr: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False
    end_lr: float | None = None

    def __post_init__(self) -> None:
        self._init_fields(
            _core.ExponentialDecay,
            base_lr=as_float("base_lr", self.base_lr),
            decay_rate=as_float("decay_rate", self.decay_rate),
            decay_steps=as_int("decay_steps", self.decay_steps),
            staircase=as_bool("staircase", self.staircase),
            end_lr=None if self.end_lr is None else as_float("end_lr", self.end_lr),
        )

    def _timeline(self) -> Timeline:
        rate = self.decay_rate
        if rate == 1:
            return CONSTANT_TIMELINE
        # Shown until the learning rate has changed by a factor of 100, or up to end_lr.
        course = decay_timeline(
            self.decay_steps, abs(math.log(100) / math.log(rate)) if rate > 0 else 1.0, self.staircase
        )
        last = self.end_lr if self.end_lr is not None or rate > 0 else 0.0
        if last is None or self(LONGEST) != last:
            return course
        constant_from = _first_with(self, last)
        return replace(course, length=constant_from + constant_from // 10 + 1, constant_from=constant_from)


def _first_with(schedule: ExponentialDecay, last: float) -> int:
    """The first step that has the last value: the schedule never turns round."""
    without, first = -1, LONGEST
    while first - without > 1:
        step = (without + first) // 2
        without, first = (without, step) if schedule(step) == last else (step, first)
    return first


@compatible(torch=defaults(last=T), optax=defaults(last=T), transformers=defaults(last=T), fastai=defaults(last=T))
@dataclass(frozen=True)
class Linear(Schedule):
    """A learning rate that goes from one value to another by equal differences, upwards or downwards.

    lr(t) = start_lr + (end_lr - start_lr) * t / (total_steps - 1),  end_lr from step total_steps - 1 on

    Both ends are exact.

    Args:
        start_lr: Learning rate at step 0, finite and not negative.
        end_lr: Learning rate at step total_steps - 1 and beyond, finite and not negative.
        total_steps: Number of steps from the first learning rate to the last, both counted; at least 2.
        last: Step with the last value, "T-1" (None means this) or "T"; kept in total_steps.
        compat: Whose way of counting and whose defaults to take: "torch", "optax", "transformers" or "fastai", all with
            last="T"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: the range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section
    3.3; optax.linear_schedule and torch.optim.lr_scheduler.LinearLR, with the number of values in place of that of the
    differences.

    Example:
        >>> Linear(0.0, 1.0, total_steps=5).values(0, 6).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
        >>> Linear(0.0, 1.0, 5, compat="torch") == Linear(0.0, 1.0, 5, last="T") == Linear(0.0, 1.0, 6)
        True
    """

    name: ClassVar[str] = "linear"

    start_lr: float
    end_lr: float
    total_steps: int
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._init_fields(
            _core.Linear,
            start_lr=as_float("start_lr", self.start_lr),
            end_lr=as_float("end_lr", self.end_lr),
            total_steps=normalize_step_count("total_steps", self.total_steps, last, convention=T_MINUS_1),
        )

    def _timeline(self) -> Timeline:
        return Timeline.with_steps(self.total_steps)


@compatible(
    torch=defaults(),
    keras=defaults(end_lr=1e-4),
    optax=defaults(),
    timm=defaults(power=0.5),
    transformers=defaults(end_lr=1e-7),
)
@dataclass(frozen=True)
class Polynomial(Schedule):
    """A learning rate that goes from one value to another along a power of what is left, once or in shrinking cycles.

    lr(t) = end_lr + (base_lr - end_lr) * (1 - (min(t, D) / D)^k)^power,  D = decay_steps

    With cycle, D = decay_steps * max(1, ceil(t / decay_steps)): after each multiple of decay_steps the learning rate
    jumps up again, to less each time.

    Args:
        base_lr: Learning rate at step 0, finite and not negative.
        decay_steps: Steps to end_lr, at least 1.
        end_lr: Learning rate at the end, finite and not negative; above base_lr the learning rate rises.
        power: Finite and greater than 0.
        cycle: Whether it starts again after each decay_steps, instead of staying at end_lr.
        k: Power of the time, finite and greater than 0; above 1 the fall begins later (k-decay).
        last: Step with end_lr, "T-1" or "T" (None means this), T being decay_steps; kept in decay_steps.
        compat: Whose way of counting and whose defaults to take: "torch", "keras", "optax", "timm" or
            "transformers"; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: keras.optimizers.schedules.PolynomialDecay, torch.optim.lr_scheduler.PolynomialLR,
    optax.polynomial_schedule; transformers.get_polynomial_decay_schedule_with_warmup, which ends every param group in
    proportion to the optimizer's default learning rate instead of at lr_end; k: Zhang and Li, "k-decay"
    (arXiv:2004.05909) as timm.scheduler.PolyLRScheduler has it.

    Example:
        >>> Polynomial(1.0, decay_steps=4, power=2).values(0, 6).tolist()
        [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]
        >>> Polynomial(1.0, decay_steps=2, cycle=True).values(0, 5).tolist()
        [1.0, 0.5, 0.0, 0.25, 0.0]
    """

    name: ClassVar[str] = "polynomial"

    base_lr: float
    decay_steps: int
    end_lr: float = 0.0
    power: float = 1.0
    cycle: bool = False
    k: float = 1.0
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._init_fields(
            _core.Polynomial,
            base_lr=as_float("base_lr", self.base_lr),
            decay_steps=normalize_step_count("decay_steps", self.decay_steps, last, convention=T),
            end_lr=as_float("end_lr", self.end_lr),
            power=as_float("power", self.power),
            cycle=as_bool("cycle", self.cycle),
            k=as_float("k", self.k),
        )

    def _timeline(self) -> Timeline:
        if self.cycle:
            return Timeline.periodic(PeriodicSegment(self.decay_steps, begin=1, valid_stop_offsets=(-1, 0)))
        return Timeline.ending_at(self.decay_steps)


@dataclass(frozen=True)
class Tanh(Schedule):
    """A learning rate that stays high, falls along a hyperbolic tangent, and ends low.

    lr(t) = min_lr + (base_lr - min_lr) * (1 - tanh(lower + (upper - lower) * t / decay_steps)) / 2,  min_lr from
    decay_steps on

    Args:
        base_lr: Learning rate that the curve comes from, finite and greater than 0; step 0 is below it by the part
            exp(2 * lower) / (1 + exp(2 * lower)).
        decay_steps: Steps to the end, at least 1.
        lower: Where on the tangent the decay begins, from -300 to 300.
        upper: Where on the tangent it ends, greater than lower and at most 300.
        min_lr: Learning rate at the end, from 0 to base_lr.
        last: Step with min_lr, "T-1" or "T" (None means this), T being decay_steps; kept in decay_steps.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Hsueh et al., "Stochastic Gradient Descent with Hyperbolic-Tangent Decay on Classification"
    (arXiv:1806.01593); timm.scheduler.TanhLRScheduler.

    Example:
        >>> [round(lr, 12) for lr in Tanh(1.0, decay_steps=4, lower=-2.0, upper=2.0).values(0, 6).tolist()]
        [0.982013790038, 0.880797077978, 0.5, 0.119202922022, 0.0, 0.0]
    """

    name: ClassVar[str] = "tanh"

    base_lr: float
    decay_steps: int
    lower: float = -7.0
    upper: float = 3.0
    min_lr: float = 0.0
    last: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None) -> None:
        self._init_fields(
            _core.Tanh,
            base_lr=as_float("base_lr", self.base_lr),
            decay_steps=normalize_step_count("decay_steps", self.decay_steps, last, convention=T),
            lower=as_float("lower", self.lower),
            upper=as_float("upper", self.upper),
            min_lr=as_float("min_lr", self.min_lr),
        )

    def _timeline(self) -> Timeline:
        return Timeline.ending_at(self.decay_steps)
