"""Factors that end after some steps, under torch's signatures."""

from __future__ import annotations

from functools import partial

from torch.optim import Optimizer

from lrcore._arguments import count, not_negative, probability
from lrcore.schedules import Linear, Polynomial, Schedule, Tabulated
from lrcore.torch.drop_in import DropIn
from lrcore.torch.step_after import with_a_step_after


class ConstantLR(DropIn):
    """Multiplies the learning rate by `factor` for some steps, as `torch.optim.lr_scheduler.ConstantLR`.

        lr(t) = base_lr * factor for t < total_iters, then base_lr

    A `factor` of 0 and 0 steps are right too. (The attribute `factor` is that of every `Scheduler`, not this one.)

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        factor: From 0 to 1.
        total_iters: Steps with the factor, at least 0.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        >>> scheduler = ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(3)]
        [[0.25], [0.25], [0.5]]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        schedule = partial(_constant, factor=probability("factor", factor), total_iters=_steps(total_iters))
        super().__init__(optimizer, schedule, last_epoch=last_epoch)


class LinearLR(DropIn):
    """Multiplies the learning rate by a factor on a straight line, as `torch.optim.lr_scheduler.LinearLR`.

        lr(t) = base_lr * (start_factor + (end_factor - start_factor) * min(t, total_iters) / total_iters)

    With 0 steps the factor is `end_factor` at once.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        start_factor: Factor of the first step, from 0 to 1.
        end_factor: Factor from step `total_iters` on, from 0 to 1.
        total_iters: Steps up to it, at least 0.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        >>> scheduler = LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(4)]
        [[0.25], [0.375], [0.5], [0.5]]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        start, end = probability("start_factor", start_factor), probability("end_factor", end_factor)
        steps = with_a_step_after("total_iters", _steps(total_iters))
        schedule = partial(_linear, start_factor=start, end_factor=end, total_iters=steps)
        super().__init__(optimizer, schedule, last_epoch=last_epoch)


class PolynomialLR(DropIn):
    """Lets the learning rate fall to 0 as a power of what is left, as `torch.optim.lr_scheduler.PolynomialLR`.

        lr(t) = base_lr * (1 - min(t, total_iters) / total_iters)^power

    With 0 steps, or a `power` of 0, it is base_lr for ever.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        total_iters: Steps to 0, at least 0.
        power: Finite and not negative.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = PolynomialLR(optimizer, total_iters=2, power=2)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(4)]
        [[1.0], [0.25], [0.0], [0.0]]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        schedule = partial(_polynomial, total_iters=_steps(total_iters), power=not_negative("power", power))
        super().__init__(optimizer, schedule, last_epoch=last_epoch)


def _constant(base_lr: float, factor: float, total_iters: int) -> Schedule:
    if total_iters == 0:
        return Tabulated([base_lr])
    return Tabulated([base_lr * factor]).then(Tabulated([base_lr]), at=total_iters)


def _linear(base_lr: float, start_factor: float, end_factor: float, total_iters: int) -> Schedule:
    if total_iters == 0:
        return Tabulated([base_lr * end_factor])
    return Linear(base_lr * start_factor, base_lr * end_factor, total_iters + 1)


def _polynomial(base_lr: float, total_iters: int, power: float) -> Schedule:
    return Polynomial(base_lr, total_iters, power=power) if total_iters and power else Tabulated([base_lr])


def _steps(total_iters: int) -> int:
    if count("total_iters", total_iters) < 0:
        raise ValueError(f"total_iters must not be negative, but got {total_iters}")
    return total_iters
