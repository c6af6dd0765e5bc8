"""What a run can be asked to follow: a schedule, a plateau, or what a range test finds."""

from __future__ import annotations

from typing import Any, TypeAlias

from lrcore.cifar.auto import Auto
from lrcore.cifar.on_plateau import OnPlateau
from lrcore.expression import parse_expression
from lrcore.schedules import Schedule
from lrcore.schedules.registry import LEARNING_RATES
from lrcore.units import Units

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
    classes: tuple[type[Policy], ...] = (*LEARNING_RATES, OnPlateau, Auto)
    return parse_expression(text, classes, Units(steps_per_epoch, total_steps))


def policy_from_dict(content: dict[str, Any]) -> Policy:
    """The policy that `to_dict` described."""
    for kind in (OnPlateau, Auto):
        if content.get("schedule") == kind.name:
            return kind.from_dict(content)
    return Schedule.from_dict(content)
