"""Setting the learning rate that a range test found, on an optimizer of either framework, without importing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrcore._arguments import real

if TYPE_CHECKING:
    from lrcore.range_test_result import RangeTestResult

Floats = npt.NDArray[np.float64]


def apply_lr(result: RangeTestResult, optimizer: Any, lr: float | None = None, scale: float = 1.0) -> tuple[float, ...]:
    """Let the next update of `optimizer` use `scale` times `lr`, see `RangeTestResult.apply`."""
    lr = _suggested(result) if lr is None else _positive("lr", lr)
    scale = _positive("scale", scale)
    if hasattr(optimizer, "param_groups"):
        return _apply_to_groups(result, optimizer.param_groups, lr, scale)
    if hasattr(optimizer, "learning_rate"):
        return _apply_to_variable(result, optimizer, lr, scale)
    raise TypeError(f"optimizer must have param_groups or a learning_rate, but got {type(optimizer).__name__}")


def _apply_to_groups(
    result: RangeTestResult, groups: Sequence[dict[str, Any]], lr: float, scale: float
) -> tuple[float, ...]:
    swept = _swept_ratios(result, lr, len(groups))
    ratios = _present_ratios([float(group["lr"]) for group in groups]) if swept is None else swept
    lrs = tuple(scale * lr * ratio for ratio in ratios)
    if not np.isfinite(lrs).all():
        raise ValueError(f"the learning rates to set must be finite, but got {lrs}")
    for group, value in zip(groups, lrs, strict=True):
        # A tensor is filled, as compiled steps and CUDA graphs hold on to it.
        group["lr"] = group["lr"].fill_(value) if hasattr(group["lr"], "fill_") else value
    return lrs


def _apply_to_variable(result: RangeTestResult, optimizer: Any, lr: float, scale: float) -> tuple[float]:
    _swept_ratios(result, lr, groups=1)
    if not hasattr(optimizer.learning_rate, "assign"):
        raise ValueError("learning_rate of the optimizer must be a variable, but it is a schedule or a function")
    optimizer.learning_rate.assign(_positive("scale * lr", scale * lr))
    return (scale * lr,)


def _suggested(result: RangeTestResult) -> float:
    found = result.suggestion()
    if found.lr is None:
        raise ValueError(f"there is no learning rate to apply: {found.reason}")
    return found.lr


def _positive(name: str, value: Any) -> float:
    number = real(name, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a finite number greater than 0, but got {number}")
    return number


def _swept_ratios(result: RangeTestResult, lr: float, groups: int) -> list[float] | None:
    """Of each group to the first where the sweep used `lr`; None if it swept all groups alike."""
    if result.group_lrs is None or result.group_lrs.shape[1] == 1:
        return None
    if result.group_lrs.shape[1] != groups:
        raise ValueError(f"optimizer must have the {result.group_lrs.shape[1]} groups of the sweep, but has {groups}")
    log_ratios = np.log(result.group_lrs) - np.log(result.lrs)[:, np.newaxis]
    if not log_ratios.any():
        return None
    return [float(np.exp(np.interp(np.log(lr), np.log(result.lrs), column))) for column in log_ratios.T]


def _present_ratios(lrs: Sequence[float]) -> list[float]:
    """Of each group to the first as the optimizer has them."""
    first = lrs[0]
    if first == 0 and any(lrs):
        raise ValueError(f"lr of the first group must not be 0, as the others keep their ratio to it, but got {lrs}")
    return [1.0 if lr == first else lr / first for lr in lrs]
