"""A schedule that a range test decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from lrcore._arguments import check_fields, check_version
from lrcore.range_test_result import RangeTestResult
from lrcore.schedules import Constant, Schedule

SHAPES = ("one_cycle", "cyclic", "constant")
EPOCHS_PER_CYCLE = 2
VERSION = 1


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
        return {"schedule": self.name, "version": VERSION, "shape": self.shape}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Auto:
        """The value that `to_dict` described."""
        check_version("schedule 'auto'", content, VERSION)
        check_fields("schedule 'auto'", content, ("schedule", "version", "shape"))
        return cls(content["shape"])
