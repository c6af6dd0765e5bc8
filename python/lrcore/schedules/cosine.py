"""Half a cosine wave."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import probability, real, text
from lrcore.schedules.combined_courses import ended
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.last import T, steps_to_last
from lrcore.schedules.schedule import Schedule


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
        base_lr = real("base_lr", self.base_lr)
        min_lr = real("min_lr", self.min_lr)
        self._freeze(
            _core.Cosine,
            base_lr=base_lr,
            decay_steps=steps_to_last("decay_steps", self.decay_steps, last, own=T),
            min_lr=min_lr if alpha is None else _floor(base_lr, min_lr, alpha),
            exponent=real("exponent", self.exponent),
            k=real("k", self.k),
            end=text("end", self.end),
        )

    def _course(self) -> Course:
        if self.end == "hold":
            return Course.falling_to(self.decay_steps)
        return ended(Course(self.decay_steps + 1, whole=self.decay_steps), self.end)


def _floor(base_lr: float, min_lr: float, alpha: float) -> float:
    if min_lr != 0:
        raise ValueError(f"alpha must be None where min_lr is given, but got {alpha} and min_lr={min_lr}")
    return probability("alpha", alpha) * base_lr
