"""Cyclic learning rates under torch's signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch.optim import Optimizer

from lrcore.schedules import Cyclic, CyclicMomentum
from lrcore.torch.drop_in import DropIn
from lrcore.torch.group_schedules import OneEach
from lrcore.torch.param_groups import bounds_per_group, param_groups


class CyclicLR(DropIn):
    """Cycles the learning rate between two bounds and, against it, the momentum.

        lr(t) = base_lr + (max_lr - base_lr) * w(t) * S(t)
        momentum(t) = max_momentum - (max_momentum - base_momentum) * w(t) * S(t)

    `w` rises from 0 to 1 in `step_size_up` updates and falls back in `step_size_down`; `S` is 1 ("triangular"),
    `2**-cycle` ("triangular2") or `gamma**t` ("exp_range"). Same values as `torch.optim.lr_scheduler.CyclicLR`, which
    in addition refuses optimizers without momentum and writes its bounds into the groups.

    Args:
        optimizer: Whose param groups are written.
        base_lr: Lower bound; one for all groups or a list of one per group.
        max_lr: Upper bound, likewise.
        step_size_up: Updates in the rising part of a cycle.
        step_size_down: Updates in the falling part; None: as many as in the rising one.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: Base of the decay in "exp_range", in (0, 1].
        scale_fn: Must be None.
        scale_mode: Says in torch what `scale_fn` is a function of: "cycle" or "iterations".
        cycle_momentum: Whether to cycle the momentum, or first beta; ignored where the optimizer has neither.
        base_momentum: Lower bound of the momentum; one for all groups or a list of one per group.
        max_momentum: Upper bound of the momentum, likewise.
        last_epoch: Index of the last update that was done, -1 before any.

    Raises:
        ValueError: For values outside these ranges, lists of another length than the groups, or a `scale_fn`.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks", 2015, https://arxiv.org/abs/1506.01186

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], momentum=0.9)
        >>> scheduler = CyclicLR(optimizer, base_lr=0.25, max_lr=0.75, step_size_up=2)
        >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([0.25], 0.9)
        >>> scheduler.step(), scheduler.step()
        (None, None)
        >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([0.75], 0.8)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if scale_fn is not None:
            raise ValueError(f"scale_fn must be None, since a function cannot be saved, but got {scale_fn!r}")
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(f"scale_mode must be 'cycle' or 'iterations', but got {scale_mode!r}")
        groups = len(param_groups(optimizer))
        cycle = (step_size_up, step_size_down, mode, gamma)
        bounds = bounds_per_group(groups, base_lr=base_lr, max_lr=max_lr)
        lrs = OneEach(tuple(Cyclic(lower, upper, *cycle) for lower, upper in bounds))
        momenta = None
        if cycle_momentum:
            bounds = bounds_per_group(groups, base_momentum=base_momentum, max_momentum=max_momentum)
            momenta = OneEach(tuple(CyclicMomentum(lower, upper, *cycle) for lower, upper in bounds))
        super().__init__(optimizer, lrs, momenta, last_epoch=last_epoch)

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The lower bound of each group."""
        return self._lrs(0, factor=1.0)
