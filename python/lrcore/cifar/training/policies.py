"""Learning-rate policies beyond a fixed schedule: decided by a range test, or reduced on plateau."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, TypeAlias

from lrcore._validation import as_float, check_fields, check_version
from lrcore.plateau import Plateau
from lrcore.range_test import RangeTestResult
from lrcore.schedules import Constant, Schedule
from lrcore.schedules._base import learning_rate_classes
from lrcore.schedules._parser import Units, parse_expression

SHAPES = ("one_cycle", "cyclic", "constant")
EPOCHS_PER_CYCLE = 2
AUTO_VERSION = 1


@dataclass(frozen=True)
class Auto:
    """Do a range test first, then follow a schedule between the learning rates that it found.

        one_cycle  from base_lr up to max_lr and down to nearly 0, over the whole run
        cyclic     whole cycles of about two epochs between base_lr and max_lr, so that it ends at the bottom of one
        constant   lr

    Args:
        shape: "one_cycle", "cyclic" or "constant".

    Raises:
        ValueError: When there is no such shape.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (arXiv:1506.01186), section 3.3.

    Example:
        >>> Auto()
        Auto(shape='one_cycle')
    """

    name: ClassVar[str] = "auto"

    shape: str = "one_cycle"

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"shape must be one of {', '.join(SHAPES)}, but got {self.shape!r}")

    def schedule(self, result: RangeTestResult, updates: int, epochs: int) -> Schedule:
        """The schedule for a run of `updates` updates in `epochs` epochs after this range test.

        Raises:
            ValueError: When the range test did not find what the shape needs; the sentence says why.
        """
        if self.shape == "one_cycle":
            return result.one_cycle(updates)
        if self.shape == "cyclic":
            cycle = max(2, updates // max(1, epochs // EPOCHS_PER_CYCLE))
            return replace(result.cyclic(cycle // 2), step_size_down=cycle - cycle // 2)
        found = result.suggestion()
        if found.lr is None:
            raise ValueError(f"the range test found no lr: {found.reason}")
        return Constant(found.lr)

    def to_dict(self) -> dict[str, Any]:
        """The value in plain JSON types, in the form of `Schedule.to_dict`."""
        return {"schedule": self.name, "version": AUTO_VERSION, "shape": self.shape}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Auto:
        """The value that `to_dict` described."""
        check_version("schedule 'auto'", content, AUTO_VERSION)
        check_fields("schedule 'auto'", content, ("schedule", "version", "shape"))
        return cls(content["shape"])


PLATEAU_VERSION = 1


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
        if not 0 <= as_float("min_lr", self.min_lr) <= self.lr:
            raise ValueError(f"min_lr must be at least 0 and at most lr={self.lr}, but got {self.min_lr}")

    def plateau(self) -> Plateau:
        """A controller that has seen no loss yet."""
        return Plateau(factor=self.factor, patience=self.patience, threshold=self.threshold, cooldown=self.cooldown)

    def to_dict(self) -> dict[str, Any]:
        """The arguments in plain JSON types, in the form of `Schedule.to_dict`."""
        return {"schedule": self.name, "version": PLATEAU_VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> OnPlateau:
        """The value that `to_dict` described."""
        check_version("schedule 'plateau'", content, PLATEAU_VERSION)
        arguments = {name: value for name, value in content.items() if name not in ("schedule", "version")}
        check_fields("schedule 'plateau'", arguments, [item.name for item in fields(cls)])
        return cls(**arguments)


Policy: TypeAlias = Schedule | OnPlateau | Auto


def parse_policy(text: str, steps_per_epoch: int, total_steps: int) -> Policy:
    """The policy that a text such as "plateau(0.01, patience=3)" or "auto('cyclic')" describes.

    Args:
        text: As of `lrcore.parse_schedule`, or one of these two.
        steps_per_epoch: Updates in an epoch, the unit of "1ep".
        total_steps: Updates of the run, the unit of "0.5dur".

    Raises:
        ValueError: When the text is anything else, or an argument is wrong; one sentence says what.

    Example:
        >>> parse_policy("auto", steps_per_epoch=450, total_steps=4500)
        Auto(shape='one_cycle')
    """
    classes: tuple[type[Policy], ...] = (*learning_rate_classes(), OnPlateau, Auto)
    return parse_expression(text, classes, Units(steps_per_epoch, total_steps))


def policy_from_dict(content: dict[str, Any]) -> Policy:
    """The policy that `to_dict` described."""
    for kind in (OnPlateau, Auto):
        if content.get("schedule") == kind.name:
            return kind.from_dict(content)
    return Schedule.from_dict(content)
