"""Steps written as epochs or as parts of the run: "30ep", "0.1dur"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lrcore._arguments import positive_count

WITH_UNIT = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ep|dur)")


@dataclass(frozen=True)
class Units:
    """How many steps an epoch ("ep") and the whole run ("dur") have.

    steps = round(number * steps_per_epoch) or round(number * total_steps)

    The number is taken as it is written, in decimal; a half is rounded to the even neighbour.

    Args:
        steps_per_epoch: Optimizer updates per epoch, at least 1; None if not known.
        total_steps: Optimizer updates of the whole run, at least 1; None if not known.

    Raises:
        ValueError: When an argument is less than 1.
        TypeError: When an argument is not an integer.

    Example:
        >>> units = Units(steps_per_epoch=391, total_steps=1173)
        >>> units.in_steps(["2.5ep", "0.8dur", 7, "triangular2"])
        [978, 938, 7, 'triangular2']
    """

    steps_per_epoch: int | None = None
    total_steps: int | None = None

    def __post_init__(self) -> None:
        for name, steps in (("steps_per_epoch", self.steps_per_epoch), ("total_steps", self.total_steps)):
            if steps is not None:
                object.__setattr__(self, name, positive_count(name, steps))

    def in_steps(self, value: Any) -> Any:
        """`value` with every text that has a unit, also in lists, replaced by its number of steps.

        Raises:
            ValueError: When such a text rounds to 0 steps, or how many steps its unit has is not known.
        """
        if isinstance(value, list):
            return [self.in_steps(item) for item in value]
        written = WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
        return value if written is None else self._steps(value, *written.groups())

    def _steps(self, text: str, number: str, unit: str) -> int:
        name = {"ep": "steps_per_epoch", "dur": "total_steps"}[unit]
        steps_of_unit: int | None = getattr(self, name)
        if steps_of_unit is None:
            raise ValueError(f"{text!r} needs {name}")
        steps = round(Fraction(Decimal(number)) * steps_of_unit)
        if steps == 0:
            raise ValueError(f"{text!r} must be at least 1 step, but rounds to 0 with {name}={steps_of_unit}")
        return steps
