"""Warm-up before, and cool-down after, another schedule, and warmup-stable-decay."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

import lrcore._core as _core
from lrcore._validation import as_bool, as_float, as_int, as_str
from lrcore.schedules._base import Schedule, learning_rate
from lrcore.schedules._compat import T, compatible, defaults, normalize_step_count
from lrcore.schedules._decay import Tanh
from lrcore.schedules._piecewise import MultiStep, Step
from lrcore.schedules._timeline import Timeline


@dataclass(frozen=True)
class Cooldown(Schedule):
    """Another schedule up to one step, and a fall from what it has reached there.

    lr(t) = base(t)  for t < begin,  end_lr + (base(begin) - end_lr) * fall(x)  from then on,  x = (t - begin) / steps

    fall(x) is 1 - x ("linear"), cos^2(pi/2 * x) ("cosine") or 1 - sqrt(x) ("1-sqrt"), and end_lr from begin + steps on.

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        begin: First step of the fall, at least 0.
        steps: Optimizer updates of the fall, at least 1.
        end_lr: Learning rate at the end, not negative and not greater than base(begin).
        shape: "linear", "cosine" or "1-sqrt".

    Raises:
        ValueError: When an argument is out of range, `base` is nested too deep, or the fall cuts a `Warmup` short.
        TypeError: When an argument is of the wrong type.

    Source: Haegele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations"
        (arXiv:2405.18392), whose cool-down is "1-sqrt".

    Example:
        >>> from lrcore import Constant
        >>> Cooldown(Constant(1.0), begin=2, steps=4).values(0, 8).tolist()
        [1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    name: ClassVar[str] = "cooldown"

    base: Schedule
    begin: int
    steps: int
    end_lr: float = 0.0
    shape: str = "linear"

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Cooldown,
            base=learning_rate("base", self.base),
            begin=as_int("begin", self.begin),
            steps=as_int("steps", self.steps),
            end_lr=as_float("end_lr", self.end_lr),
            shape=as_str("shape", self.shape),
        )

    def _timeline(self) -> Timeline:
        return Timeline.ending_at(self.begin + self.steps).preceded_by(self.base.course().cut(self.begin))


def _as_torch(base: Schedule, first: str = "0", start_lr: float | None = None, **given: Any) -> dict[str, Any]:
    start = learning_rate("base", base)(0) / 3 if start_lr is None else start_lr
    return {"base": base, "first": first, "start_lr": start, **given}


def _as_timm(base: Schedule, first: str = "0", prefix: bool | None = None, **given: Any) -> dict[str, Any]:
    if isinstance(base, Tanh):
        raise ValueError("base must not be a Tanh with compat='timm', whose warm-up does not rise to base(0)")
    in_steps = isinstance(base, Step | MultiStep)
    return {"base": base, "first": first, "prefix": in_steps if prefix is None else prefix, **given}


@compatible(
    torch=_as_torch,
    keras=defaults(first="0"),
    optax=defaults(first="0"),
    timm=_as_timm,
    transformers=defaults(first="0"),
)
@dataclass(frozen=True)
class Warmup(Schedule):
    """A rise to the first learning rate of another schedule, which then runs from its step 0 on.

    lr(t) = start_lr + (base(0) - start_lr) * rise(x)  for t < steps,  base(t - steps)  from then on,  or base(t) if the
    warm-up is no prefix

    x is t / steps (first="0"), (t + 1) / steps ("1/W": the last step has the full rate, and so has the next one) or
    (t + 1) / (steps + 1) ("1/(W+1)"); rise(x) is x ("linear"), sin^2(pi/2 * x) ("cosine") or 1 - sqrt(1 - x)
    ("1-sqrt").

    Args:
        base: Schedule of the learning rate; nested at most 100 deep.
        steps: Optimizer updates of the warm-up, at least 1.
        shape: "linear", "cosine" or "1-sqrt".
        first: The part of the rise that update 0 has behind it: "0" (update 0 does nothing at start_lr=0), "1/W"
            or "1/(W+1)".
        start_lr: Learning rate that the rise starts from, finite and not negative.
        prefix: Whether the warm-up comes before the base, or else takes the place of its first steps: then the length
            of the base includes it, and the learning rate jumps from base(0) to base(steps).
        compat: Whose way of counting and whose defaults to take: "torch", with first="0" and a start_lr of a
            third of base(0); "keras", "optax" or "transformers", with first="0"; or "timm", with first="0" and
            prefix=False unless the base is a Step or MultiStep; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: Goyal et al. (arXiv:1706.02677), section 2.2. "0" is that of torch's LinearLR in SequentialLR, Keras, optax
        and transformers, "1/(W+1)" that of nanoGPT. prefix=False is timm's default for cosine and polynomial decay.

    Example:
        >>> from lrcore import Cosine
        >>> Warmup(Cosine(1.0, decay_steps=100), steps=3).values(0, 4).tolist()
        [0.25, 0.5, 0.75, 1.0]
        >>> Warmup(Cosine(1.0, decay_steps=100), steps=4, first="0", start_lr=0.5).values(0, 5).tolist()
        [0.5, 0.625, 0.75, 0.875, 1.0]
        >>> Warmup(Cosine(1.0, decay_steps=4), steps=2, first="0", prefix=False).values(0, 5).round(3).tolist()
        [0.0, 0.5, 0.5, 0.146, 0.0]
    """

    name: ClassVar[str] = "warmup"

    base: Schedule
    steps: int
    shape: str = "linear"
    first: str = "1/(W+1)"
    start_lr: float = 0.0
    prefix: bool = True
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, compat: str | None) -> None:
        self._init_fields(
            _core.Warmup,
            base=learning_rate("base", self.base),
            steps=as_int("steps", self.steps),
            shape=as_str("shape", self.shape),
            first=as_str("first", self.first),
            start_lr=as_float("start_lr", self.start_lr),
            prefix=as_bool("prefix", self.prefix),
        )

    def _timeline(self) -> Timeline:
        base = self.base.course()
        begun = base if self.prefix else base.shifted(-self.steps)  # without what the warm-up takes the place of
        return begun.shifted(self.steps).preceded_by(Timeline(self.steps))


def _as_transformers(
    min_lr: float = 0.0, decay: str = "cosine", warmup_start_lr: float | None = None, **given: Any
) -> dict[str, Any]:
    start = min_lr if warmup_start_lr is None else warmup_start_lr
    return {"min_lr": min_lr, "decay": decay, "warmup_start_lr": start, **given}


def _as_fastai(base_lr: float, min_lr: float | None = None, decay: str = "cosine", **given: Any) -> dict[str, Any]:
    end = as_float("base_lr", base_lr) / 1e5 if min_lr is None else min_lr
    return {"base_lr": base_lr, "min_lr": end, "decay": decay, **given}


@compatible(timm=defaults(), transformers=_as_transformers, fastai=_as_fastai)
@dataclass(frozen=True)
class WarmupStableDecay(Schedule):
    """A learning rate that rises along a line, stays level, and falls at the end.

    lr(t) = warmup_start_lr + (base_lr - warmup_start_lr) * t / warmup_steps,  then base_lr,  then

    lr(t) = min_lr + (base_lr - min_lr) * d(q),  q = (t - warmup_steps - stable_steps) / decay_steps

    d(q) = 1 - sqrt(q) (1-sqrt) | 1 - q (linear) | (1 + cos(pi * q)) / 2 (cosine) | (r^q - r) / (1 - r) with
    r = decay_ratio (exponential) | 1 - q^decay_power (power)

    min_lr is reached at step warmup_steps + stable_steps + decay_steps and held. The level needs no length in advance:
    a schedule with more stable_steps has the same values until its own decay begins.

    Args:
        base_lr: Learning rate of the level, finite and greater than 0.
        warmup_steps: Steps of the rise, at least 0.
        stable_steps: Steps of the level, at least 0.
        decay_steps: Steps of the fall, at least 1.
        min_lr: Learning rate at the end, from 0 to base_lr.
        decay: "1-sqrt", "linear", "cosine", "exponential" or "power".
        decay_power: Exponent of the decay "power", finite and greater than 0.
        decay_ratio: How far the decay "exponential" falls before it is stretched to reach min_lr; greater than 0 and
            less than 1.
        warmup_start_lr: Learning rate at step 0 if there is a rise, from 0 to base_lr.
        last: Step with min_lr, "T-1" or "T" (None means this), T being the sum of all steps; kept in decay_steps.
        compat: Whose way of counting and whose defaults to take: "timm"; "transformers", with decay="cosine" and a rise
            from min_lr; or "fastai" (fit_flat_cos), with decay="cosine" and min_lr=base_lr / 1e5; kept in the other
            arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Hu et al., "MiniCPM" (arXiv:2404.06395); Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond
    Fixed Training Durations" (arXiv:2405.18392) for 1-sqrt; timm.scheduler.WSDLRScheduler,
    transformers.get_wsd_schedule.

    Example:
        >>> WarmupStableDecay(1.0, warmup_steps=2, stable_steps=1, decay_steps=4).values(0, 8).round(12).tolist()
        [0.0, 0.5, 1.0, 1.0, 0.5, 0.292893218813, 0.133974596216, 0.0]
    """

    name: ClassVar[str] = "warmup_stable_decay"

    base_lr: float
    warmup_steps: int
    stable_steps: int
    decay_steps: int
    min_lr: float = 0.0
    decay: str = "1-sqrt"
    decay_power: float = 0.5
    decay_ratio: float = 0.1
    warmup_start_lr: float = 0.0
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        self._init_fields(
            _core.WarmupStableDecay,
            base_lr=as_float("base_lr", self.base_lr),
            warmup_steps=as_int("warmup_steps", self.warmup_steps),
            stable_steps=as_int("stable_steps", self.stable_steps),
            decay_steps=normalize_step_count("decay_steps", self.decay_steps, last, convention=T),
            min_lr=as_float("min_lr", self.min_lr),
            decay=as_str("decay", self.decay),
            decay_power=as_float("decay_power", self.decay_power),
            decay_ratio=as_float("decay_ratio", self.decay_ratio),
            warmup_start_lr=as_float("warmup_start_lr", self.warmup_start_lr),
        )

    def _timeline(self) -> Timeline:
        decay_begin = self.warmup_steps + self.stable_steps
        return Timeline.ending_at(decay_begin + self.decay_steps, [self.warmup_steps, decay_begin])
