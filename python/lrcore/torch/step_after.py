"""The largest number of steps that a schedule can end after."""

from __future__ import annotations

from lrcore.schedules.schedule import MAX_STEP


def with_a_step_after(name: str, steps: int) -> int:
    """`steps` itself, if step number `steps` is not the last one of all.

    Raises:
        ValueError: When it is.
    """
    if steps >= MAX_STEP:
        raise ValueError(f"{name} must be less than 2**63 - 1, but got {steps}")
    return steps
