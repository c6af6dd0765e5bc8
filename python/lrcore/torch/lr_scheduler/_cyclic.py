"""Cyclic learning rates under torch's signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.optim import Optimizer

from lrcore._validation import as_float, as_non_negative, as_positive_int
from lrcore.schedules import Cyclic, CyclicMomentum, OneCycle, OneCycleMomentum, Schedule, Tabulated
from lrcore.torch._param_groups import bounds_per_group, one_per_group, param_groups
from lrcore.torch.lr_scheduler._scheduler import PerGroupSchedules
from lrcore.torch.lr_scheduler._torch_compatible import TorchCompatibleScheduler, zero_if_base_lr_is_zero


class CyclicLR(TorchCompatibleScheduler):
    """Cycles the learning rate between two bounds and, against it, the momentum.

        lr(t) = base_lr + (max_lr - base_lr) * w(t) * S(t)
        momentum(t) = max_momentum - (max_momentum - base_momentum) * w(t) * S(t)

    `w` rises from 0 to 1 in `step_size_up` updates and falls back in `step_size_down`; `S` is 1 ("triangular"),
    `2**-cycle` ("triangular2") or `gamma**t` ("exp_range"). Same values as `torch.optim.lr_scheduler.CyclicLR`, which
    in addition refuses optimizers without momentum and writes its bounds into the groups.

    Args:
        optimizer: Whose param groups are written.
        base_lr: Lower bound, finite and not negative; one for all groups or a list of one per group.
        max_lr: Upper bound, likewise; where it is base_lr the learning rate stays there.
        step_size_up: Updates in the rising part of a cycle.
        step_size_down: Updates in the falling part; None: as many as in the rising one.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: Base of the decay in "exp_range", in (0, 1].
        scale_fn: Height of each triangle in place of that of a mode, as data: factors from 0 to 1, of which the last is
            held, or a schedule of them. What torch's scale_fn(1) gives is the first item for "cycle", what its
            scale_fn(0) gives the first for "iterations".
        scale_mode: Whether an item of `scale_fn` belongs to a "cycle" or to a step, counted from step 0 ("iterations").
        cycle_momentum: Whether to cycle the momentum, or first beta; ignored where the optimizer has neither.
        base_momentum: Lower bound of the momentum; one for all groups or a list of one per group.
        max_momentum: Upper bound of the momentum, likewise.
        last_epoch: Index of the last update that was done, -1 before any.

    Raises:
        ValueError: For values outside these ranges, lists of another length than the groups, or a function as
            `scale_fn`.

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
        scale_fn: Sequence[float] | Schedule | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if callable(scale_fn) and not isinstance(scale_fn, Schedule):
            raise ValueError(
                "scale_fn must be data, as a function cannot be saved: the factors of the cycles (or iterations) as a "
                f"list, or a schedule of them; but got {scale_fn!r}"
            )
        groups = len(param_groups(optimizer))
        height: dict[str, Any] = {"mode": mode, "gamma": gamma}
        if scale_fn is not None:
            height = {"scale": scale_fn, "scale_mode": scale_mode}
        cycle = {"step_size_up": step_size_up, "step_size_down": step_size_down, **height}
        bounds = bounds_per_group(groups, base_lr=base_lr, max_lr=max_lr)
        lrs = PerGroupSchedules(tuple(_cyclic(lower, upper, **cycle) for lower, upper in bounds))
        momenta = None
        if cycle_momentum:
            bounds = bounds_per_group(groups, base_momentum=base_momentum, max_momentum=max_momentum)
            momenta = PerGroupSchedules(tuple(CyclicMomentum(lower, upper, **cycle) for lower, upper in bounds))
        super().__init__(optimizer, lrs, momenta, last_epoch=last_epoch)

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The lower bound of each group."""
        return self._lrs(0, factor=1.0)


def _cyclic(base_lr: float, max_lr: float, **cycle: Any) -> Schedule:
    lower, upper = as_non_negative("base_lr", base_lr), as_float("max_lr", max_lr)
    if lower == upper:
        Cyclic(0.0, 1.0, **cycle)  # names what is wrong with the cycle
        return Tabulated([lower])
    return Cyclic(lower, upper, **cycle)


class OneCycleLR(TorchCompatibleScheduler):
    """Raises the learning rate once and lets it fall far below, as `torch.optim.lr_scheduler.OneCycleLR`.

    The curve is that of `OneCycle` and, for the momentum, of `OneCycleMomentum`. Past the end the last learning rate is
    held, where torch's rises again, turns negative or raises. An optimizer without momentum is scheduled all the same,
    and nothing but `initial_lr` is added to the groups.

    Args:
        optimizer: Whose param groups are written.
        max_lr: Learning rate at the top, finite and not negative; one for all groups or a list of one per group.
        total_steps: Steps from the first learning rate to the last, both counted, at least 2; or None: epochs *
            steps_per_epoch.
        epochs: Epochs of the training, where `total_steps` is None.
        steps_per_epoch: Steps of an epoch, where `total_steps` is None.
        pct_start: Part of the steps in which the learning rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: Whether to let the momentum, or first beta, fall and rise against the learning rate; ignored for
            groups that have neither.
        base_momentum: Momentum at the top; one for all groups or a list of one per group.
        max_momentum: Momentum at the beginning and at the end, likewise.
        div_factor: How many times less than max_lr the first learning rate is.
        final_div_factor: How many times less than the first learning rate the last one is.
        three_phase: Whether the fall stops at the first learning rate, as many steps after the top as it is before it.
        last_epoch: Index of the last update that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range or the number of steps is not given.

    Source: Smith and Topin, "Super-Convergence" (arXiv:1708.07120).

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], momentum=0.9)
        >>> scheduler = OneCycleLR(optimizer, 1.0, total_steps=10, anneal_strategy="linear", div_factor=4)
        >>> [(scheduler.get_last_lr()[0], scheduler.step())[0] for _ in range(3)]
        [0.25, 0.625, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        groups = len(param_groups(optimizer))
        steps = _total_steps(total_steps, epochs, steps_per_epoch)
        shape = (steps, pct_start, anneal_strategy)
        factors = (div_factor, final_div_factor, three_phase)
        lrs = PerGroupSchedules(
            tuple(_one_cycle(top, *shape, *factors) for top in one_per_group("max_lr", max_lr, groups))
        )
        momenta = None
        if cycle_momentum:
            bounds = bounds_per_group(groups, base_momentum=base_momentum, max_momentum=max_momentum)
            momenta = PerGroupSchedules(
                tuple(OneCycleMomentum(lower, upper, *shape, three_phase) for lower, upper in bounds)
            )
        super().__init__(optimizer, lrs, momenta, last_epoch=last_epoch)

    @property
    def base_lrs(self) -> list[float]:  # type: ignore[override]
        """The learning rate of step 0, for each group."""
        return self._lrs(0, factor=1.0)


def _one_cycle(max_lr: float, *arguments: Any) -> Schedule:
    top = as_non_negative("max_lr", max_lr)
    return zero_if_base_lr_is_zero(top, OneCycle(top or 1.0, *arguments))


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("total_steps must be given, or both epochs and steps_per_epoch")
    return as_positive_int("epochs", epochs) * as_positive_int("steps_per_epoch", steps_per_epoch)
