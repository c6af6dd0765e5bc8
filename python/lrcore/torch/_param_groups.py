"""Hyper-parameters in an optimizer's param groups: where they are and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

from torch import Tensor
from torch.optim import Optimizer

from lrcore._validation import as_float

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


def lrs_per_group(
    name: str, lr: float | Sequence[float] | None, optimizers: Iterable[Optimizer]
) -> float | Sequence[float]:
    """The learning rates of the groups of all optimizers, one number where there is but one group.

        lr_g = lr * present_g / present_0

    Args:
        name: What `lr` is called in errors.
        lr: That of the first group; or a list or tuple of one for each, None for the present ones, as they are.
        optimizers: Whose groups have the present ones.

    Raises:
        ValueError: When a list has another length, or when there is no proportion to the first group, whose lr is 0.

    Example:
        >>> import torch
        >>> groups = [{"params": torch.zeros(1)}, {"params": torch.zeros(1), "lr": 0.5}]
        >>> lrs_per_group("start_lr", 1.0, [torch.optim.SGD(groups, lr=0.25)])
        [1.0, 2.0]
    """
    present = [float(group["lr"]) for group in chain.from_iterable(map(param_groups, optimizers))]
    given = present if lr is None else one_per_group(name, lr, len(present))
    if len(given) == len(present):
        return given if len(given) > 1 else given[0]
    if present[0] == 0:
        raise ValueError(f"{name} must have one value for each param group where the first has lr 0, but got {lr}")
    return [as_float(name, given[0]) * (other / present[0]) for other in present]
