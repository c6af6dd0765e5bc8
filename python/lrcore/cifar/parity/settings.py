"""Settings of a parity run: the same settings give the same numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lrcore._validation import as_int, as_positive_int, check_fields
from lrcore.cifar.models import MODELS
from lrcore.schedules import Schedule

FIELDS = ("model", "updates", "batch_size", "seed", "schedule")


@dataclass(frozen=True)
class ParitySettings:
    """A short training that is to be done in both frameworks.

    Args:
        model: A name in `lrcore.cifar.models.zoo.MODELS`; it is trained without its dropout.
        updates: How many, at least 1.
        batch_size: Images per update, at least 1.
        seed: Keys the initial weights and the shuffles, at least 0.
        schedule: The learning rate of every update.

    Raises:
        ValueError: When an argument is out of range; the sentence names it.

    Example:
        >>> from lrcore import Constant
        >>> ParitySettings("guide", updates=0, batch_size=16, seed=0, schedule=Constant(0.01))
        Traceback (most recent call last):
            ...
        ValueError: updates must be at least 1, but got 0
    """

    model: str
    updates: int
    batch_size: int
    seed: int
    schedule: Schedule

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(f"model must be one of {', '.join(MODELS)}, but got {self.model!r}")
        as_positive_int("updates", self.updates)
        as_positive_int("batch_size", self.batch_size)
        if as_int("seed", self.seed) < 0:
            raise ValueError(f"seed must not be negative, but got {self.seed}")

    def to_dict(self) -> dict[str, Any]:
        """The settings in plain JSON types."""
        return asdict(self) | {"schedule": self.schedule.to_dict()}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> ParitySettings:
        """The settings that `to_dict` described.

        Raises:
            ValueError: When a field is missing, unknown or out of range.
        """
        check_fields("parity settings", content, FIELDS)
        return cls(**content | {"schedule": Schedule.from_dict(content["schedule"])})
