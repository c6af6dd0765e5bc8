"""Hyper-parameters in an optimizer's param groups: where they are and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from torch import Tensor
from torch.optim import Optimizer

ParamGroup = dict[str, Any]
T = TypeVar("T")


def param_groups(optimizer: Optimizer) -> list[ParamGroup]:
    """The groups of `optimizer`, which may be a wrapper that only looks like an `Optimizer`."""
    if not hasattr(optimizer, "param_groups"):
        raise TypeError(f"optimizer must have param_groups, but got {type(optimizer).__name__}")
    return optimizer.param_groups


def set_lr(group: ParamGroup, lr: float) -> None:
    """Let the next update of `group` use `lr`."""
    old = group["lr"]
    # Compiled steps and CUDA graphs hold on to a tensor.
    group["lr"] = old.fill_(lr) if isinstance(old, Tensor) else lr


def hyperparameter_key(name: str, group: ParamGroup) -> str | None:
    """Where `group` has its "schedule"d lr, "momentum" or "weight_decay"; None where it has no such thing.

    A momentum may be a first beta, like Adam's, and is then under "betas".
    """
    keys = {"schedule": ("lr",), "momentum": ("betas", "momentum"), "weight_decay": ("weight_decay",)}[name]
    return next((key for key in keys if key in group), None)


def hyperparameter(name: str, group: ParamGroup) -> float | None:
    """What `group` has for it; None where it has no such thing."""
    key = hyperparameter_key(name, group)
    if key is None:
        return None
    return float(group[key][0] if key == "betas" else group[key])


def one_per_group(name: str, values: T | Sequence[T], groups: int) -> list[T]:
    """A list or tuple of one value per group as a list; a single value as a list of itself alone."""
    if not isinstance(values, (list, tuple)):
        return [values]  # type: ignore[list-item]  # a Sequence that is no list is one value, such as a 1-d tensor
    if len(values) != groups:
        raise ValueError(f"{name} must have one value for each of the {groups} param groups, but got {len(values)}")
    return list(values)


def bounds_per_group(groups: int, **bounds: float | Sequence[float]) -> list[tuple[float, float]]:
    """The lower and upper bound of each group, each given as a list of one per group or as one value for all."""
    lower, upper = (one_per_group(name, values, groups) for name, values in bounds.items())
    return [(lower[index % len(lower)], upper[index % len(upper)]) for index in range(groups)]
