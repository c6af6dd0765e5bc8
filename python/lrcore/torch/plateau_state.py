"""The state of torch's ReduceLROnPlateau."""

from __future__ import annotations

import math
from typing import Any


def from_torch(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an `lrcore.Plateau` that goes on where torch's scheduler of `state` stopped.

    Example:
        >>> from_torch({"best": math.inf, "num_bad_epochs": 1, "cooldown_counter": 0, "last_epoch": 1})
        {'version': 2, 'best': None, 'num_bad': 1, 'cooldown_left': 0, 'step': 1}
    """
    return {
        "version": 2,
        "best": state["best"] if math.isfinite(state["best"]) else None,
        "num_bad": state["num_bad_epochs"],
        "cooldown_left": state["cooldown_counter"],
        "step": state["last_epoch"],
    }
