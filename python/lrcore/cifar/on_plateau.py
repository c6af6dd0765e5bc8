"""A learning rate that falls when the validation loss no longer does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from lrcore._arguments import check_fields, check_version, real
from lrcore.plateau import Plateau
from lrcore.schedules import Constant

VERSION = 1


@dataclass(frozen=True)
class OnPlateau:
    """Start at `lr`, and multiply it by `factor` when the validation loss has stopped falling.

        lr <- max(lr * factor, min_lr)  after more than `patience` epochs in a row without a better loss

    Args:
        lr: First learning rate, finite and greater than 0.
        factor: Multiplier, greater than 0 and less than 1.
        patience: Epochs in a row without improvement that are put up with, at least 0.
        threshold: By what part of the best loss a loss must be better than it, not negative.
        cooldown: Epochs after a reduction in which nothing is counted, at least 0.
        min_lr: The learning rate is not reduced below this; not greater than `lr`.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, see `lrcore.Plateau`.

    Example:
        >>> plateau = OnPlateau(0.1, factor=0.5, patience=0).plateau()
        >>> [bool(plateau.update(loss, lr=0.1)) for loss in (1.0, 1.0)]
        [False, True]
    """

    name: ClassVar[str] = "plateau"

    lr: float
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    min_lr: float = 0.0

    def __post_init__(self) -> None:
        Constant(self.lr)
        self.plateau()
        if not 0 <= real("min_lr", self.min_lr) <= self.lr:
            raise ValueError(f"min_lr must be at least 0 and at most lr={self.lr}, but got {self.min_lr}")

    def plateau(self) -> Plateau:
        """A controller that has seen no loss yet."""
        return Plateau(factor=self.factor, patience=self.patience, threshold=self.threshold, cooldown=self.cooldown)

    def to_dict(self) -> dict[str, Any]:
        """The arguments in plain JSON types, in the form of `Schedule.to_dict`."""
        return {"schedule": self.name, "version": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> OnPlateau:
        """The value that `to_dict` described."""
        check_version("schedule 'plateau'", content, VERSION)
        arguments = {name: value for name, value in content.items() if name not in ("schedule", "version")}
        check_fields("schedule 'plateau'", arguments, [item.name for item in fields(cls)])
        return cls(**arguments)
