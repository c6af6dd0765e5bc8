"""The states that torch's own schedulers save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrcore.torch.scheduler import VERSION


def of_torch(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of ours that goes on from a state of torch's scheduler of the same name.

    Raises:
        ValueError: When `state` is neither.
    """
    schedulers = state.get("_schedulers", [])
    first = of_torch(schedulers[0]) if schedulers else {}
    if "last_epoch" not in state and not first:
        raise ValueError("a scheduler state must have the field 'version' or, as torch's, 'last_epoch'")
    # Warm restarts may be between two epochs: then only their time since the last restart says where.
    step = state["last_epoch"] + state.get("T_cur", 0) % 1 if "last_epoch" in state else first["step"]
    base_lrs = [float(lr) for lr in state.get("base_lrs", first.get("base_lrs", []))]
    return {"version": VERSION, "step": step, "factor": 1.0, "base_lrs": base_lrs}
