"""The range tests that the arguments of a finder describe."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from torch.optim import Optimizer

from lrcore._arguments import positive_count, real
from lrcore.range_test import RangeTest
from lrcore.torch.param_groups import one_per_group, param_groups

Lrs = float | Sequence[float]


def range_tests(
    optimizer: Optimizer,
    start_lr: Lrs | None,
    end_lr: Lrs,
    num_iter: int,
    smooth_f: float,
    diverge_th: float,
    repeats: int,
    **options: Any,
) -> list[RangeTest]:
    """One range test for each repeat, with the learning rates of every param group.

    Args:
        optimizer: Whose groups are meant, and have the first learning rates where `start_lr` is None.
        start_lr: The first learning rate of all groups, or a list or tuple of one for each.
        end_lr: The last, likewise.
        num_iter: Number of points.
        smooth_f: Weight of the newest loss in the smoothed one, in [0, 1].
        diverge_th: How many times the best smoothed loss is too much.
        repeats: How many range tests.
        **options: Those of `RangeTest`.

    Raises:
        ValueError: When an argument is out of range.
        TypeError: When an argument is of the wrong type.
    """
    groups = param_groups(optimizer)
    start_lr = [float(group["lr"]) for group in groups] if start_lr is None else start_lr
    ends = (_per_group("start_lr", start_lr, len(groups)), _per_group("end_lr", end_lr, len(groups)))
    repeats = positive_count("repeats", repeats)
    return [RangeTest(*ends, num_iter, _beta(smooth_f), _factor(diverge_th), **options) for _ in range(repeats)]


def _per_group(name: str, lrs: Lrs, groups: int) -> Lrs:
    values = one_per_group(name, lrs, groups)
    return values if len(values) > 1 else values[0]


def _beta(smooth_f: float) -> float:
    if not 0 <= real("smooth_f", smooth_f) <= 1:
        raise ValueError(f"smooth_f must be between 0 and 1, but got {smooth_f}")
    return 1 - smooth_f if smooth_f else 0.0


def _factor(diverge_th: float) -> float:
    if not 1 < real("diverge_th", diverge_th) < inf:
        raise ValueError(f"diverge_th must be finite and greater than 1, but got {diverge_th}")
    return diverge_th
