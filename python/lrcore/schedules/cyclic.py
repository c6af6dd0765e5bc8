"""Triangles between two learning rates, and the momentum that mirrors them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, each, probability, real, text
from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.family_courses import scaled_cycles
from lrcore.schedules.schedule import Schedule, learning_rate
from lrcore.schedules.tabulated import Tabulated


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
        self._freeze(
            _core.Cyclic,
            base_lr=real("base_lr", self.base_lr),
            max_lr=real("max_lr", self.max_lr),
            **_cycle(self),
        )

    def _course(self) -> Course:
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
        self._freeze(
            _core.CyclicMomentum,
            base_momentum=real("base_momentum", self.base_momentum),
            max_momentum=real("max_momentum", self.max_momentum),
            **_cycle(self),
        )

    def _course(self) -> Course:
        return _triangles(self)


def _cycle(schedule: Cyclic | CyclicMomentum) -> dict[str, Any]:
    up, down = count("step_size_up", schedule.step_size_up), schedule.step_size_down
    return {
        "step_size_up": up,
        "step_size_down": up if down is None else count("step_size_down", down),
        "mode": text("mode", schedule.mode),
        "gamma": real("gamma", schedule.gamma),
        "scale": _scale(schedule.scale),
        "scale_mode": text("scale_mode", schedule.scale_mode),
    }


def _scale(scale: Schedule | Sequence[float] | None) -> Schedule | None:
    if scale is None or isinstance(scale, Schedule):
        return None if scale is None else learning_rate("scale", scale)
    return Tabulated(each(probability, "scale", scale))


def _triangles(schedule: Cyclic | CyclicMomentum) -> Course:
    up, down, scale = schedule.step_size_up, schedule.step_size_down, schedule.scale
    cycles = Cycles(up + (down or up), joints=(up,))
    if not isinstance(scale, Schedule):
        return Course.again(cycles)
    heights, unit = scale.course(), cycles.period if schedule.scale_mode == "cycle" else 1
    return scaled_cycles(cycles, heights, heights.zero_from(scale), unit)
