"""Half cosine waves under torch's signatures."""

from __future__ import annotations

from functools import partial

from torch.optim import Optimizer

from lrcore._arguments import positive_count, real
from lrcore.schedules import CosineRestarts, PiecewiseCosine, Schedule, Until
from lrcore.torch.drop_in import DropIn, unless_frozen


class CosineAnnealingLR(DropIn):
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
        super().__init__(
            optimizer, partial(_wave, T_max=positive_count("T_max", T_max), eta_min=eta_min), last_epoch=last_epoch
        )


class CosineAnnealingWarmRestarts(DropIn):
    """Half cosine waves one after another, as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.

        lr(t) = eta_min + (base_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    with T_cur the steps since the last restart and T_i those of the present wave. The restarts are found by integers.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        T_0: Steps of the first wave, at least 1.
        T_mult: How many times as long as the one before each wave is, at least 1.
        eta_min: Learning rate that each wave ends just above, from 0 to base_lr.
        last_epoch: Index of the last step that was done, -1 before any.

    Raises:
        ValueError: When an argument is out of range.

    Source: Loshchilov and Hutter, "SGDR" (arXiv:1608.03983), equation 5.

    Example:
        >>> import torch
        >>> scheduler = CosineAnnealingWarmRestarts(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), 2)
        >>> [round((scheduler.get_last_lr(), scheduler.step())[0][0], 12) for _ in range(4)]
        [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        lengths = (positive_count("T_0", T_0), positive_count("T_mult", T_mult))
        super().__init__(optimizer, partial(_waves, lengths=lengths, eta_min=eta_min), last_epoch=last_epoch)


def _wave(base_lr: float, T_max: int, eta_min: float) -> Schedule:
    return Until(PiecewiseCosine([0, T_max], [base_lr, real("eta_min", eta_min)]), T_max + 1, "mirror")


def _waves(base_lr: float, lengths: tuple[int, int], eta_min: float) -> Schedule:
    if eta_min > base_lr:
        raise ValueError(f"eta_min must not be greater than the lr of a param group, {base_lr}, but got {eta_min}")
    return unless_frozen(base_lr, CosineRestarts(base_lr or 1.0, *lengths, min_lr=eta_min))
