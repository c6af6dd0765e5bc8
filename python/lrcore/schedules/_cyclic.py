"""Cyclical learning rates and one-cycle, with the momenta that mirror them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

import lrcore._core as _core
from lrcore._validation import as_bool, as_float, as_int, as_probability, as_str, as_tuple_of
from lrcore.schedules._base import Schedule, learning_rate
from lrcore.schedules._compat import T_MINUS_1, T, compatible, defaults, normalize_step_count
from lrcore.schedules._piecewise import Tabulated
from lrcore.schedules._timeline import PeriodicSegment, Timeline, scaled_cycles_timeline


@dataclass(frozen=True)
class Cyclic(Schedule):
    """A learning rate that rises and falls in triangles.

    c = t // (up + down),  p = t - c * (up + down),  w = p / up if p <= up else (up + down - p) / down

    lr(t) = base_lr + (max_lr - base_lr) * w * S,  S = 1 (triangular) | 2^-c (triangular2) | gamma^t (exp_range)

    With a `scale`, S = scale(c), or scale(t) if its mode is "iterations". Cycles count from 0 here and from 1 in torch:
    item c of `scale` is what torch's scale_fn(c + 1) gives.

    Args:
        base_lr: Learning rate at the foot of the triangle, finite and not negative.
        max_lr: Learning rate at its tip, finite and greater than base_lr.
        step_size_up: Steps from foot to tip (up), at least 1.
        step_size_down: Steps from tip to foot (down), at least 1; as many as step_size_up if None.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: Shrinks the triangles in the mode "exp_range"; greater than 0 and at most 1.
        scale: Height of each triangle in place of that of a mode, which is to be "triangular": factors from 0 to 1, of
            which the last is held, kept as a `Tabulated`; or a schedule, whose values above 1 count as 1. None for no
            scale.
        scale_mode: Whether an item of `scale` belongs to a "cycle" or to a step, counted from step 0 ("iterations").

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3;
    torch.optim.lr_scheduler.CyclicLR.

    Example:
        >>> Cyclic(0.25, 1.25, step_size_up=2, mode="triangular2").values(0, 7).tolist()
        [0.25, 0.75, 1.25, 0.75, 0.25, 0.5, 0.75]
        >>> Cyclic(0.25, 1.25, step_size_up=1, scale=(1.0, 0.5)).values(0, 7).tolist()
        [0.25, 1.25, 0.25, 0.75, 0.25, 0.75, 0.25]
    """

    name: ClassVar[str] = "cyclic"

    base_lr: float
    max_lr: float
    step_size_up: int = 2000
    step_size_down: int | None = None
    mode: str = "triangular"
    gamma: float = 1.0
    scale: Schedule | Sequence[float] | None = None
    scale_mode: str = "cycle"

    def __post_init__(self) -> None:
        self._init_fields(
            _core.Cyclic,
            base_lr=as_float("base_lr", self.base_lr),
            max_lr=as_float("max_lr", self.max_lr),
            **_cycle(self),
        )

    def _timeline(self) -> Timeline:
        return _triangles(self)


@dataclass(frozen=True)
class CyclicMomentum(Schedule):
    """A momentum that falls while the learning rate of a `Cyclic` with the same lengths rises.

    momentum(t) = max_momentum - (max_momentum - base_momentum) * w * S,  with w and S of `Cyclic`

    Args:
        base_momentum: Momentum where the learning rate is highest, from 0 to max_momentum.
        max_momentum: Momentum where the learning rate is lowest, less than 1.
        step_size_up: As for `Cyclic`.
        step_size_down: As for `Cyclic`.
        mode: As for `Cyclic`.
        gamma: As for `Cyclic`.
        scale: As for `Cyclic`.
        scale_mode: As for `Cyclic`.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Smith, "A disciplined approach to neural network hyper-parameters" (arXiv:1803.09820), section 4.3;
    torch.optim.lr_scheduler.CyclicLR with cycle_momentum.

    Example:
        >>> CyclicMomentum(0.5, 0.75, step_size_up=2).values(0, 5).tolist()
        [0.75, 0.625, 0.5, 0.625, 0.75]
    """

    name: ClassVar[str] = "cyclic_momentum"
    quantity: ClassVar[str] = "momentum"

    base_momentum: float
    max_momentum: float
    step_size_up: int = 2000
    step_size_down: int | None = None
    mode: str = "triangular"
    gamma: float = 1.0
    scale: Schedule | Sequence[float] | None = None
    scale_mode: str = "cycle"

    def __post_init__(self) -> None:
        self._init_fields(
            _core.CyclicMomentum,
            base_momentum=as_float("base_momentum", self.base_momentum),
            max_momentum=as_float("max_momentum", self.max_momentum),
            **_cycle(self),
        )

    def _timeline(self) -> Timeline:
        return _triangles(self)


def _cycle(schedule: Cyclic | CyclicMomentum) -> dict[str, Any]:
    up, down = as_int("step_size_up", schedule.step_size_up), schedule.step_size_down
    return {
        "step_size_up": up,
        "step_size_down": up if down is None else as_int("step_size_down", down),
        "mode": as_str("mode", schedule.mode),
        "gamma": as_float("gamma", schedule.gamma),
        "scale": _scale(schedule.scale),
        "scale_mode": as_str("scale_mode", schedule.scale_mode),
    }


def _scale(scale: Schedule | Sequence[float] | None) -> Schedule | None:
    if scale is None or isinstance(scale, Schedule):
        return None if scale is None else learning_rate("scale", scale)
    return Tabulated(as_tuple_of(as_probability, "scale", scale))


def _triangles(schedule: Cyclic | CyclicMomentum) -> Timeline:
    up, down, scale = schedule.step_size_up, schedule.step_size_down, schedule.scale
    cycles = PeriodicSegment(up + (down or up), phase_starts=(up,))
    if not isinstance(scale, Schedule):
        return Timeline.periodic(cycles)
    heights, unit = scale.course(), cycles.period if schedule.scale_mode == "cycle" else 1
    return scaled_cycles_timeline(cycles, heights, heights.zero_from(scale), unit)


def _as_optax(
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    three_phase: bool = False,
    last: str | None = T,
    **given: Any,
) -> dict[str, Any]:
    if anneal_strategy != "cos" or three_phase:
        raise ValueError("optax's one-cycle in lines has joints of its own: write it as a PiecewiseLinear")
    if last != T:
        raise ValueError(f"last must be 'T' with compat='optax', whose top is at a whole step of T, but got {last!r}")
    steps = as_int("total_steps", total_steps)
    top = int(as_probability("pct_start", pct_start) * steps)
    return {"total_steps": steps, "pct_start": top / max(steps, 1), "last": T, **given}


def _as_fastai(
    pct_start: float = 0.25, div_factor: float = 25.0, final_div_factor: float = 1e5, **given: Any
) -> dict[str, Any]:
    """Fastai divides max_lr, and not the first learning rate, by div_final."""
    final = as_float("final_div_factor", final_div_factor) / (
        as_float("div_factor", div_factor) or 1.0
    )  # 0 is refused later
    return {"pct_start": pct_start, "div_factor": div_factor, "final_div_factor": final, "last": T, **given}


@compatible(torch=defaults(), optax=_as_optax, fastai=_as_fastai)
@dataclass(frozen=True)
class OneCycle(Schedule):
    """A learning rate that rises once to its maximum and then falls far below where it began.

    first = max_lr / div_factor,  final = first / final_div_factor,  e = pct_start * total_steps - 1

    lr(t) = from + (to - from) * w(q),  q = (t - begin) / (end - begin),  w(q) = sin(pi * q / 2)^2 (cos) or q (linear)

    with (from, to, begin, end) = (first, max_lr, 0, e), then (max_lr, final, e, total_steps - 1); or with three phases
    (first, max_lr, 0, e), then (max_lr, first, e, 2e), then (first, final, 2e, total_steps - 1). The final learning
    rate is held. As e need not be a whole number, no step may have exactly max_lr.

    Args:
        max_lr: Learning rate at the top, finite and greater than 0.
        total_steps: Number of steps from the first learning rate to the last, both counted; at least 2.
        pct_start: Part of the steps in which the learning rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        div_factor: How many times less than max_lr the first learning rate is, finite and greater than 0.
        final_div_factor: How many times less than the first learning rate the last one is, finite and greater than 0.
        three_phase: Whether the fall stops at the first learning rate, as many steps after the top as it is before it.
        last: Step with the final learning rate, "T-1" (None means this) or, with the top at pct_start * T, "T"; kept in
            total_steps and pct_start.
        compat: Whose way of counting and whose defaults to take: "torch"; "optax", with last="T" and the top
            rounded down to a whole step; or "fastai", with last="T" and a final learning rate of
            max_lr / final_div_factor; kept in the other arguments.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Smith and Topin, "Super-Convergence" (arXiv:1708.07120); torch.optim.lr_scheduler.OneCycleLR, which beyond
    its end rises again or turns negative, and fails where pct_start * total_steps is 1.

    Example:
        >>> schedule = OneCycle(1.0, total_steps=9, pct_start=1 / 3, anneal_strategy="linear", div_factor=4)
        >>> [round(lr, 3) for lr in schedule.values(0, 10).tolist()]
        [0.25, 0.625, 1.0, 0.833, 0.667, 0.5, 0.333, 0.167, 0.0, 0.0]
        >>> schedule(8)
        2.5e-05
        >>> OneCycle(1.0, total_steps=99, compat="fastai")
        OneCycle(max_lr=1.0, total_steps=100, pct_start=0.2575, anneal_strategy='cos', div_factor=25.0, ...
    """

    name: ClassVar[str] = "one_cycle"

    max_lr: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    last: InitVar[str | None] = field(default=None, kw_only=True)
    compat: InitVar[str | None] = field(default=None, kw_only=True)

    def __post_init__(self, last: str | None, compat: str | None) -> None:
        given_steps = as_int("total_steps", self.total_steps)
        total_steps = normalize_step_count("total_steps", given_steps, last, convention=T_MINUS_1)
        pct_start = as_float("pct_start", self.pct_start)
        if total_steps > given_steps:
            pct_start = (as_probability("pct_start", pct_start) * given_steps + 1) / total_steps
        self._init_fields(
            _core.OneCycle,
            max_lr=as_float("max_lr", self.max_lr),
            total_steps=total_steps,
            pct_start=pct_start,
            anneal_strategy=as_str("anneal_strategy", self.anneal_strategy),
            div_factor=as_float("div_factor", self.div_factor),
            final_div_factor=as_float("final_div_factor", self.final_div_factor),
            three_phase=as_bool("three_phase", self.three_phase),
        )

    def _timeline(self) -> Timeline:
        return _one_cycle(self)


@dataclass(frozen=True)
class OneCycleMomentum(Schedule):
    """A momentum that falls while the learning rate of a `OneCycle` with the same lengths rises.

    momentum(t) = from + (to - from) * w(q),  with e, q and w of `OneCycle`

    with (from, to, begin, end) = (max_momentum, base_momentum, 0, e), then (base_momentum, max_momentum, e,
    total_steps - 1); or with three phases (max_momentum, base_momentum, 0, e), then (base_momentum, max_momentum, e,
    2e), and max_momentum from there on.

    Args:
        base_momentum: Momentum where the learning rate is highest, from 0 to max_momentum.
        max_momentum: Momentum at the beginning and at the end, less than 1.
        total_steps: As for `OneCycle`.
        pct_start: As for `OneCycle`.
        anneal_strategy: As for `OneCycle`.
        three_phase: As for `OneCycle`.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Smith, "A disciplined approach to neural network hyper-parameters" (arXiv:1803.09820), section 4.3;
    torch.optim.lr_scheduler.OneCycleLR with cycle_momentum.

    Example:
        >>> OneCycleMomentum(0.5, 0.75, total_steps=6, pct_start=0.5, anneal_strategy="linear").values(0, 3).tolist()
        [0.75, 0.625, 0.5]
    """

    name: ClassVar[str] = "one_cycle_momentum"
    quantity: ClassVar[str] = "momentum"

    base_momentum: float
    max_momentum: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    three_phase: bool = False

    def __post_init__(self) -> None:
        self._init_fields(
            _core.OneCycleMomentum,
            base_momentum=as_float("base_momentum", self.base_momentum),
            max_momentum=as_float("max_momentum", self.max_momentum),
            total_steps=as_int("total_steps", self.total_steps),
            pct_start=as_float("pct_start", self.pct_start),
            anneal_strategy=as_str("anneal_strategy", self.anneal_strategy),
            three_phase=as_bool("three_phase", self.three_phase),
        )

    def _timeline(self) -> Timeline:
        return _one_cycle(self)


def _one_cycle(schedule: OneCycle | OneCycleMomentum) -> Timeline:
    top = schedule.pct_start * schedule.total_steps - 1
    return Timeline.with_steps(schedule.total_steps, [top, 2 * top] if schedule.three_phase else [top])
