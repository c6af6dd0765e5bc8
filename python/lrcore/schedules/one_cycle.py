"""One rise and one fall over the whole of a training, and the momentum that mirrors them."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, flag, probability, real, text
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.last import T_MINUS_1, T, steps_to_last
from lrcore.schedules.schedule import Schedule


def _as_optax(
    total_steps: int, pct_start: float = 0.3, anneal_strategy: str = "cos", three_phase: bool = False, **given: Any
) -> dict[str, Any]:
    if anneal_strategy != "cos" or three_phase:
        raise ValueError("optax's one-cycle in lines has joints of its own: write it as a PiecewiseLinear")
    top = int(probability("pct_start", pct_start) * count("total_steps", total_steps))
    return {"total_steps": total_steps, "pct_start": top / max(total_steps, 1), "last": T, **given}


def _as_fastai(
    pct_start: float = 0.25, div_factor: float = 25.0, final_div_factor: float = 1e5, **given: Any
) -> dict[str, Any]:
    """Fastai divides max_lr, and not the first learning rate, by div_final."""
    final = real("final_div_factor", final_div_factor) / (real("div_factor", div_factor) or 1.0)  # 0 is refused later
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
        total_steps = steps_to_last("total_steps", self.total_steps, last, own=T_MINUS_1)
        pct_start = real("pct_start", self.pct_start)
        if total_steps > self.total_steps:
            pct_start = (probability("pct_start", pct_start) * self.total_steps + 1) / total_steps
        self._freeze(
            _core.OneCycle,
            max_lr=real("max_lr", self.max_lr),
            total_steps=total_steps,
            pct_start=pct_start,
            anneal_strategy=text("anneal_strategy", self.anneal_strategy),
            div_factor=real("div_factor", self.div_factor),
            final_div_factor=real("final_div_factor", self.final_div_factor),
            three_phase=flag("three_phase", self.three_phase),
        )

    def _course(self) -> Course:
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
        self._freeze(
            _core.OneCycleMomentum,
            base_momentum=real("base_momentum", self.base_momentum),
            max_momentum=real("max_momentum", self.max_momentum),
            total_steps=count("total_steps", self.total_steps),
            pct_start=real("pct_start", self.pct_start),
            anneal_strategy=text("anneal_strategy", self.anneal_strategy),
            three_phase=flag("three_phase", self.three_phase),
        )

    def _course(self) -> Course:
        return _one_cycle(self)


def _one_cycle(schedule: OneCycle | OneCycleMomentum) -> Course:
    top = schedule.pct_start * schedule.total_steps - 1
    return Course.through(schedule.total_steps, [top, 2 * top] if schedule.three_phase else [top])
