"""Half a cosine wave, down and up, under torch's signature."""

from __future__ import annotations

from functools import partial

from torch.optim import Optimizer

from lrcore._arguments import not_negative, positive_count
from lrcore.schedules import PiecewiseCosine, Schedule, Until
from lrcore.torch.drop_in import DropIn
from lrcore.torch.step_after import with_a_step_after


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
        half = with_a_step_after("T_max", positive_count("T_max", T_max))
        wave = partial(_wave, T_max=half, eta_min=not_negative("eta_min", eta_min))
        super().__init__(optimizer, wave, last_epoch=last_epoch)


def _wave(base_lr: float, T_max: int, eta_min: float) -> Schedule:
    return Until(PiecewiseCosine([0, T_max], [base_lr, eta_min]), T_max + 1, "mirror")
