"""The states that torch's own schedulers save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrcore.torch.scheduler import VERSION

# Fields of CyclicLR and OneCycleLR, whose base_lrs are not what the optimizer's learning rates were.
ABSOLUTE = {"max_lrs", "total_steps"}


def of_torch(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of ours that goes on from a state of torch's scheduler of the same name.

    Raises:
        ValueError: When `state` is neither.
    """
    schedulers = state.get("_schedulers", [])
    parts = [of_torch(part) for part in schedulers]
    if "last_epoch" not in state and not parts:
        raise ValueError("a scheduler state must have the field 'version' or, as torch's, 'last_epoch'")
    # Warm restarts may be between two epochs: then only their time since the last restart says where.
    step = state["last_epoch"] + state.get("T_cur", 0) % 1 if "last_epoch" in state else parts[0]["step"]
    base_lrs: list[float] = next((part["base_lrs"] for part in parts if part["base_lrs"]), [])
    if "base_lrs" in state and not ABSOLUTE & state.keys():
        base_lrs = [float(lr) for lr in state["base_lrs"]]
    return {"version": VERSION, "step": step, "factor": 1.0, "base_lrs": base_lrs}
