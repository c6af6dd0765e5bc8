"""Decay along a hyperbolic tangent."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import real
from lrcore.schedules.course import Course
from lrcore.schedules.last import T, steps_to_last
from lrcore.schedules.schedule import Schedule


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
        self._freeze(
            _core.Tanh,
            base_lr=real("base_lr", self.base_lr),
            decay_steps=steps_to_last("decay_steps", self.decay_steps, last, own=T),
            lower=real("lower", self.lower),
            upper=real("upper", self.upper),
            min_lr=real("min_lr", self.min_lr),
        )

    def _course(self) -> Course:
        return Course.falling_to(self.decay_steps)
