"""The schedule of the first Transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real
from lrcore.schedules.course import Course
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class Noam(Schedule):
    """A learning rate set by the width of the model: a linear rise, then a fall as one over the root of the time.

    lr(t) = factor / sqrt(model_size) * min(1 / sqrt(s), s / warmup_steps^1.5),  s = t + 1

    The peak is factor / sqrt(model_size * warmup_steps) at step warmup_steps - 1.

    Args:
        model_size: Width of the model, at least 1.
        warmup_steps: Steps to the peak, the peak counted; at least 1.
        factor: Multiplies every learning rate, finite and greater than 0.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Vaswani et al., "Attention Is All You Need" (arXiv:1706.03762), equation 3, whose steps count from 1;
    AllenNLP's NoamLR, where s = max(t, 1) gives the first two updates one learning rate.

    Example:
        >>> Noam(model_size=4, warmup_steps=4).values(0, 5).tolist()
        [0.0625, 0.125, 0.1875, 0.25, 0.22360679774997896]
    """

    name: ClassVar[str] = "noam"

    model_size: int
    warmup_steps: int
    factor: float = 1.0

    def __post_init__(self) -> None:
        self._freeze(
            _core.Noam,
            model_size=count("model_size", self.model_size),
            warmup_steps=count("warmup_steps", self.warmup_steps),
            factor=real("factor", self.factor),
        )

    def _course(self) -> Course:
        joints = (self.warmup_steps - 1,) if self.warmup_steps > 1 else ()
        return Course(6 * self.warmup_steps, joints=joints)
