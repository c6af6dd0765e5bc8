"""What torch's `load_state_dict` would round away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from torch import Tensor

from lrcore.torch.layouts import HALF_TYPES


@dataclass(frozen=True)
class Held:
    """A tensor that `Optimizer.load_state_dict` does not know for one, and so leaves as it is."""

    tensor: Tensor


def hold(state_dict: Mapping[str, Any], params: list[Tensor]) -> dict[str, Any]:
    """`state_dict` with the state of the 16-bit ones among `params` held, which torch would round to 16 bits."""
    indices = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
    half = {index for index, param in zip(indices, params, strict=False) if param.dtype in HALF_TYPES}
    state = {key: _mapped(_hold, value) if key in half else value for key, value in state_dict["state"].items()}
    return {**state_dict, "state": state}


def release(state: Mapping[Any, Any]) -> None:
    """Put what was held back in its place, on the device of its parameter."""
    for param, values in state.items():
        if isinstance(param, Tensor):
            values.update({name: v.tensor.to(param.device) for name, v in values.items() if isinstance(v, Held)})


def _hold(value: Any) -> Any:
    return Held(value) if isinstance(value, Tensor) else value


def _mapped(function: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: function(value) for name, value in values.items()}
