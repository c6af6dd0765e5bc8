"""The learning rates of param groups, given as one number or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from torch.optim import Optimizer

from lrcore._arguments import real
from lrcore.torch.param_groups import one_per_group, param_groups


def in_proportion(
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
        >>> in_proportion("start_lr", 1.0, [torch.optim.SGD(groups, lr=0.25)])
        [1.0, 2.0]
    """
    present = [float(group["lr"]) for group in chain.from_iterable(map(param_groups, optimizers))]
    given = present if lr is None else one_per_group(name, lr, len(present))
    if len(given) == len(present):
        return given if len(given) > 1 else given[0]
    if present[0] == 0:
        raise ValueError(f"{name} must have one value for each param group where the first has lr 0, but got {lr}")
    return [real(name, given[0]) * (other / present[0]) for other in present]
