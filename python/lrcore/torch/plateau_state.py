"""The state of torch's ReduceLROnPlateau."""

from __future__ import annotations

import math
from typing import Any

FIELDS = ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")


def from_torch(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an `lrcore.Plateau` that goes on where torch's scheduler of `state` stopped.

    Raises:
        ValueError: When `state` lacks a field.

    Example:
        >>> from_torch({"best": math.inf, "num_bad_epochs": 1, "cooldown_counter": 0, "last_epoch": 1})
        {'version': 2, 'best': None, 'num_bad': 1, 'cooldown_left': 0, 'step': 1}
    """
    for name in FIELDS:
        if name not in state:
            raise ValueError(f"the state of torch's ReduceLROnPlateau lacks the field {name!r}")
    best, num_bad, cooldown_left, step = (state[name] for name in FIELDS)
    return {
        "version": 2,
        "best": best if math.isfinite(best) else None,
        "num_bad": num_bad,
        "cooldown_left": cooldown_left,
        "step": step,
    }
