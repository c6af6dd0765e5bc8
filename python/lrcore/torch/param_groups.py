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
    group["lr"] = _put(group["lr"], lr)


def has_momentum(group: ParamGroup) -> bool:
    """Whether the optimizer of `group` has a momentum or, like Adam, a first beta."""
    return "betas" in group or "momentum" in group


def set_momentum(group: ParamGroup, momentum: float) -> None:
    """Let the next update of `group` use `momentum`, as its first beta where it has betas."""
    if "betas" in group:
        beta1, *others = group["betas"]
        group["betas"] = (_put(beta1, momentum), *others)
    else:
        group["momentum"] = _put(group["momentum"], momentum)


def one_per_group(name: str, values: T | Sequence[T], groups: int) -> list[T]:
    """A list or tuple of one value per group as a list; a single value as a list of itself alone."""
    if not isinstance(values, (list, tuple)):
        return [values]  # type: ignore[list-item]  # a Sequence that is no list is one value, such as a 1-d tensor
    if len(values) != groups:
        raise ValueError(f"{name} must have one value for each of the {groups} param groups, but got {len(values)}")
    return list(values)


def _put(old: float | Tensor, value: float) -> float | Tensor:
    """`value`, inside the tensor `old` where there is one: compiled steps and CUDA graphs hold on to that tensor."""
    return old.fill_(value) if isinstance(old, Tensor) else value
