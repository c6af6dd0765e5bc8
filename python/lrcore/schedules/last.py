"""Whether the last value falls on the last of the steps or one after."""

from __future__ import annotations

from typing import Any

from lrcore._arguments import count

T_MINUS_1 = "T-1"
T = "T"


def steps_to_last(name: str, steps: Any, last: str | None, own: str) -> int:
    """The number of steps in a class's own way of counting, where `last` may say that the caller counts otherwise.

    Args:
        name: Name of the argument that counts them.
        steps: The steps T as the caller counts them.
        last: The step with the last value, "T-1" or "T"; None for the class's own.
        own: The one that the class has.
    """
    if last not in (None, T_MINUS_1, T):
        raise ValueError(f"last must be 'T-1' or 'T', but got {last!r}")
    counted = count(name, steps)
    if last in (None, own):
        return counted
    fewest, difference = (2, -1) if last == T_MINUS_1 else (1, 1)
    if counted < fewest:
        raise ValueError(f"{name} must be at least {fewest} with last={last!r}, but got {counted}")
    return count(name, counted + difference)
