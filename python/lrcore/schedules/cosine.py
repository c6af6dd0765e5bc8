"""Half a cosine wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lrcore import _core
from lrcore._arguments import count, real
from lrcore.schedules.schedule import Schedule


@dataclass(frozen=True)
class Cosine(Schedule):
    """A learning rate that falls along half a cosine wave and stays at the bottom.

    lr(t) = min_lr + (base_lr - min_lr) * sin(pi * (decay_steps - t) / (2 * decay_steps))^2,  min_lr from decay_steps on

    This is (1 + cos(pi * t / decay_steps)) / 2, written so that the last steps keep their digits.

    Args:
        base_lr: Learning rate at step 0, finite and greater than 0.
        decay_steps: Steps to the bottom, at least 1.
        min_lr: Learning rate at the bottom, from 0 to base_lr.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: Loshchilov and Hutter, "SGDR" (arXiv:1608.03983), equation 5, without restarts.

    Example:
        >>> [round(lr, 12) for lr in Cosine(1.0, decay_steps=4).values(0, 6).tolist()]
        [1.0, 0.853553390593, 0.5, 0.146446609407, 0.0, 0.0]
    """

    name: ClassVar[str] = "cosine"

    base_lr: float
    decay_steps: int
    min_lr: float = 0.0

    def __post_init__(self) -> None:
        self._freeze(
            _core.Cosine,
            base_lr=real("base_lr", self.base_lr),
            decay_steps=count("decay_steps", self.decay_steps),
            min_lr=real("min_lr", self.min_lr),
        )
