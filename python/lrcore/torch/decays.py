"""Decay by equal factors under torch's signatures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from torch.optim import Optimizer

from lrcore._arguments import count, each
from lrcore.schedules import MultiStep, Schedule, Step
from lrcore.torch.drop_in import DropIn, unless_frozen


class StepLR(DropIn):
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


class MultiStepLR(DropIn):
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
        in_order = tuple(sorted(each(count, "milestones", milestones)))
        super().__init__(optimizer, partial(_multi_step, milestones=in_order, gamma=gamma), last_epoch=last_epoch)


class ExponentialLR(DropIn):
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
    return unless_frozen(base_lr, Step(base_lr or 1.0, step_size, gamma))


def _multi_step(base_lr: float, milestones: tuple[int, ...], gamma: float) -> Schedule:
    return unless_frozen(base_lr, MultiStep(base_lr or 1.0, milestones, gamma))
