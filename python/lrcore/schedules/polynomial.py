"""A power of what is left."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import flag, real
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.cycles import Cycles
from lrcore.schedules.last import T, steps_to_last
from lrcore.schedules.schedule import Schedule


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
        self._freeze(
            _core.Polynomial,
            base_lr=real("base_lr", self.base_lr),
            decay_steps=steps_to_last("decay_steps", self.decay_steps, last, own=T),
            end_lr=real("end_lr", self.end_lr),
            power=real("power", self.power),
            cycle=flag("cycle", self.cycle),
            k=real("k", self.k),
        )

    def _course(self) -> Course:
        if self.cycle:
            return Course.again(Cycles(self.decay_steps, begin=1, whole=(-1, 0)))
        return Course.falling_to(self.decay_steps)
