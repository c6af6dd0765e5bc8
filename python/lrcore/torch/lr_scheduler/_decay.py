"""Factors that end after some steps, under torch's signatures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from torch.optim import Optimizer

from lrcore._validation import as_int, as_non_negative, as_positive_int, as_probability, as_tuple_of
from lrcore.schedules import Linear, MultiStep, PiecewiseCosine, Polynomial, Schedule, Step, Tabulated, Until
from lrcore.torch.lr_scheduler._torch_compatible import (
    TorchCompatibleScheduler,
    require_below_max_step,
    zero_if_base_lr_is_zero,
)


class CosineAnnealingLR(TorchCompatibleScheduler):
    """Lets the learning rate fall along half a cosine wave, as `torch.optim.lr_scheduler.CosineAnnealingLR`.

        lr(t) = eta_min + (base_lr - eta_min) * (1 + cos(pi * t / T_max)) / 2

    Past `T_max` it rises again, as torch's does, with a period of 2 * T_max. Where base_lr is less than `eta_min` the
    wave goes up first.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        T_max: Steps of half a wave, at least 1.
        eta_min: Learning rate at step `T_max`, finite and not negative.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Source: Loshchilov and Hutter, "SGDR" (arXiv:1608.03983), equation 5, without restarts.

    Example:
        >>> import torch
        >>> scheduler = CosineAnnealingLR(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), T_max=2)
        >>> [round((scheduler.get_last_lr(), scheduler.step())[0][0], 12) for _ in range(5)]
        [1.0, 0.5, 0.0, 0.5, 1.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        half = require_below_max_step("T_max", as_positive_int("T_max", T_max))
        wave = partial(_wave, T_max=half, eta_min=as_non_negative("eta_min", eta_min))
        super().__init__(optimizer, wave, last_epoch=last_epoch)


def _wave(base_lr: float, T_max: int, eta_min: float) -> Schedule:
    return Until(PiecewiseCosine([0, T_max], [base_lr, eta_min]), T_max + 1, "mirror")


class StepLR(TorchCompatibleScheduler):
    """Multiplies the learning rate by `gamma` every `step_size` steps, as `torch.optim.lr_scheduler.StepLR`.

        lr(t) = base_lr * gamma^(t // step_size)

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        step_size: Steps with the same learning rate, at least 1.
        gamma: Factor of each change, finite and not negative.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> scheduler = StepLR(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5), step_size=2, gamma=0.25)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(4)]
        [[0.5], [0.5], [0.125], [0.125]]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        super().__init__(optimizer, partial(_step, step_size=step_size, gamma=gamma), last_epoch=last_epoch)


class MultiStepLR(TorchCompatibleScheduler):
    """Multiplies the learning rate by `gamma` at each milestone, as `torch.optim.lr_scheduler.MultiStepLR`.

        lr(t) = base_lr * gamma^(number of milestones m with m <= t)

    Resumed at a milestone it does not drop twice.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        milestones: Steps at which it changes, in any order; one written twice counts twice.
        gamma: Factor of each change, finite and not negative.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> scheduler = MultiStepLR(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5), [1, 3], gamma=0.5)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(4)]
        [[0.5], [0.25], [0.25], [0.125]]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        in_order = tuple(sorted(as_tuple_of(as_int, "milestones", milestones)))
        super().__init__(optimizer, partial(_multi_step, milestones=in_order, gamma=gamma), last_epoch=last_epoch)


class ExponentialLR(TorchCompatibleScheduler):
    """Multiplies the learning rate by `gamma` at every step, as `torch.optim.lr_scheduler.ExponentialLR`.

        lr(t) = base_lr * gamma^t

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        gamma: Factor of each step, finite and not negative.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Example:
        >>> import torch
        >>> scheduler = ExponentialLR(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), gamma=0.5)
        >>> [(scheduler.get_last_lr(), scheduler.step())[0] for _ in range(3)]
        [[1.0], [0.5], [0.25]]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        super().__init__(optimizer, partial(_step, step_size=1, gamma=gamma), last_epoch=last_epoch)


def _step(base_lr: float, step_size: int, gamma: float) -> Schedule:
    return zero_if_base_lr_is_zero(base_lr, Step(base_lr or 1.0, step_size, gamma))


def _multi_step(base_lr: float, milestones: tuple[int, ...], gamma: float) -> Schedule:
    return zero_if_base_lr_is_zero(base_lr, MultiStep(base_lr or 1.0, milestones, gamma))


class ConstantLR(TorchCompatibleScheduler):
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
        schedule = partial(_constant, factor=as_probability("factor", factor), total_iters=_steps(total_iters))
        super().__init__(optimizer, schedule, last_epoch=last_epoch)


class LinearLR(TorchCompatibleScheduler):
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
        start, end = as_probability("start_factor", start_factor), as_probability("end_factor", end_factor)
        steps = require_below_max_step("total_iters", _steps(total_iters))
        schedule = partial(_linear, start_factor=start, end_factor=end, total_iters=steps)
        super().__init__(optimizer, schedule, last_epoch=last_epoch)


class PolynomialLR(TorchCompatibleScheduler):
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
        schedule = partial(_polynomial, total_iters=_steps(total_iters), power=as_non_negative("power", power))
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
    if as_int("total_iters", total_iters) < 0:
        raise ValueError(f"total_iters must not be negative, but got {total_iters}")
    return total_iters
