"""The state of an object that can say it and take it back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Protocol

from lrcore.torch.saved_values import SavedValues


class Stateful(Protocol):
    """Whatever has a `state_dict` and a `load_state_dict`: schedulers, gradient scalers, averages of weights."""

    def state_dict(self) -> dict[str, Any]:
        """The state."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Go on from `state_dict`."""


class SavedState:
    """What the `state_dict` of `owner` holds when this is built."""

    def __init__(self, owner: Stateful, values: SavedValues) -> None:
        self._owner = owner
        self._state = values.save(owner.state_dict())
        # Of a GradScaler: how far each optimizer is in its update, which no state_dict tells.
        self._stages = deepcopy(getattr(owner, "_per_optimizer_states", None))

    def restore(self) -> None:
        """Put that state back."""
        self._owner.load_state_dict(self._state())
        if self._stages is not None:
            vars(self._owner)["_per_optimizer_states"] = deepcopy(self._stages)
