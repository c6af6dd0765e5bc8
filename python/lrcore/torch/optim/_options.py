"""The options of one param group: which values `SGD` takes, and what the core makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from torch import Tensor

from lrcore._validation import as_bool, as_float

FLOAT32_MAX = 3.4028234663852886e38


def check_options(group: Mapping[str, Any]) -> None:
    """ValueError or TypeError that names the first option of `group` that is out of its range."""
    for name in ("lr", "momentum", "weight_decay"):
        if not 0 <= number(name, group[name]) < inf:
            raise ValueError(f"{name} must be finite and not negative, but got {group[name]}")
        if number(name, group[name]) > FLOAT32_MAX:
            raise ValueError(f"{name} must be at most {FLOAT32_MAX}, float32's largest, but got {group[name]}")
    if not -inf < number("dampening", group["dampening"]) < inf:
        raise ValueError(f"dampening must be finite, but got {group['dampening']}")
    if group["nesterov"] and group["dampening"] != 0:
        raise ValueError(f"dampening must be 0 with nesterov=True, but got {group['dampening']}")
    if group["differentiable"]:
        raise ValueError("differentiable=True is not supported: use torch.optim.SGD to differentiate through updates")
    if group["ema_decay"] is not None and not 0 <= number("ema_decay", group["ema_decay"]) < 1:
        raise ValueError(f"ema_decay must be at least 0 and less than 1, but got {group['ema_decay']}")
    if "max_grad_norm" in group:
        raise ValueError(f"max_grad_norm must not be a group's own, as it clips all together: {group['max_grad_norm']}")
    as_bool("master_weights", group["master_weights"])


def check_new_group(group: Mapping[str, Any]) -> None:
    """As `check_options`, of a group as it is given: later a scheduler may take the momentum through 0, as in torch."""
    check_options(group)
    if group["nesterov"] and group["momentum"] == 0:
        raise ValueError(f"momentum must be greater than 0 with nesterov=True, but got {group['momentum']}")


def check_max_grad_norm(max_grad_norm: float | None) -> float | None:
    """`max_grad_norm` as a float, or None; ValueError unless it is greater than 0."""
    if max_grad_norm is None:
        return None
    if not as_float("max_grad_norm", max_grad_norm) > 0:
        raise ValueError(f"max_grad_norm must be greater than 0, but got {max_grad_norm}")
    return float(max_grad_norm)


def number(name: str, value: Any) -> float:
    """`value` as a float: a number or a tensor of one element."""
    if not isinstance(value, Tensor):
        return as_float(name, value)
    if value.numel() != 1:
        raise ValueError(f"{name} must have 1 element, but got a tensor of {value.numel()}")
    return float(value)
