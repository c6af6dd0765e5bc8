"""Up, level for most of the training, and down."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar

from lrcore import _core
from lrcore._arguments import count, real, text
from lrcore.schedules.compat import compatible, defaults
from lrcore.schedules.course import Course
from lrcore.schedules.last import T, steps_to_last
from lrcore.schedules.schedule import Schedule


def _as_transformers(
    min_lr: float = 0.0, decay: str = "cosine", warmup_start_lr: float | None = None, **given: Any
) -> dict[str, Any]:
    start = min_lr if warmup_start_lr is None else warmup_start_lr
    return {"min_lr": min_lr, "decay": decay, "warmup_start_lr": start, **given}


def _as_fastai(base_lr: float, min_lr: float | None = None, decay: str = "cosine", **given: Any) -> dict[str, Any]:
    end = real("base_lr", base_lr) / 1e5 if min_lr is None else min_lr
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
        self._freeze(
            _core.WarmupStableDecay,
            base_lr=real("base_lr", self.base_lr),
            warmup_steps=count("warmup_steps", self.warmup_steps),
            stable_steps=count("stable_steps", self.stable_steps),
            decay_steps=steps_to_last("decay_steps", self.decay_steps, last, own=T),
            min_lr=real("min_lr", self.min_lr),
            decay=text("decay", self.decay),
            decay_power=real("decay_power", self.decay_power),
            decay_ratio=real("decay_ratio", self.decay_ratio),
            warmup_start_lr=real("warmup_start_lr", self.warmup_start_lr),
        )

    def _course(self) -> Course:
        decay_begin = self.warmup_steps + self.stable_steps
        return Course.falling_to(decay_begin + self.decay_steps, [self.warmup_steps, decay_begin])
