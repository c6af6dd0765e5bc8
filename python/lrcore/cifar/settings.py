"""What a training run is made of, as a value that its folder records."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from lrcore.cifar.models.zoo import MODELS
from lrcore.schedules import Schedule

FRAMEWORKS = ("torch", "keras")


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run: the same settings give the same batches, weights and learning rates.

    Args:
        framework: "torch" or "keras".
        data: "synthetic", "cifar10" or a folder that holds CIFAR-10.
        model: A name in `lrcore.cifar.models.zoo.MODELS`.
        schedule: The learning rate of every update.
        epochs: Passes over the training images.
        batch_size: Images per update.
        seed: Keys the initial weights, the shuffles and the cutout boxes.
        momentum: Of SGD-Nesterov.
        cutout: Whether to erase random boxes, as the guide does.

    Raises:
        ValueError: When an argument is out of range; the sentence names it.
    """

    framework: str
    data: str
    model: str
    schedule: Schedule
    epochs: int
    batch_size: int
    seed: int
    momentum: float = 0.9
    cutout: bool = False

    def __post_init__(self) -> None:
        _require_choice("framework", self.framework, FRAMEWORKS)
        _require_choice("model", self.model, tuple(MODELS))
        _require_at_least("epochs", self.epochs, 1)
        _require_at_least("batch_size", self.batch_size, 1)
        _require_at_least("seed", self.seed, 0)
        if not (math.isfinite(self.momentum) and 0 <= self.momentum < 1):
            raise ValueError(f"momentum must be at least 0 and less than 1, but got {self.momentum}")

    def to_dict(self) -> dict[str, Any]:
        """The settings in plain JSON types."""
        return asdict(self) | {"schedule": self.schedule.to_dict()}


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, but got {value!r}")


def _require_at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, but got {value}")
