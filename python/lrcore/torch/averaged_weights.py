"""The averages of the weights in the place of the weights, for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from lrcore.torch.param_groups import ParamGroup


@contextmanager
def averaged_weights(param_groups: Sequence[ParamGroup], state: Mapping[Any, dict[str, Any]]) -> Iterator[None]:
    """Copy the averages into the parameters, and their own values back afterwards."""
    params = [param for group in param_groups for param in group["params"]]
    averages = [(param, state[param]["average"]) for param in params if state.get(param, {}).get("average") is not None]
    weights = [(param, param.detach().clone()) for param, _ in averages]
    try:
        _copy(averages)
        yield
    finally:
        _copy(weights)


@torch.no_grad()
def _copy(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    for param, values in pairs:
        param.copy_(values)
