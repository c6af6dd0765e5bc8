"""Cosine waves with warm restarts under torch's signature."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from torch.optim import Optimizer

from lrcore._arguments import positive_count, real
from lrcore.schedules import CosineRestarts, Schedule
from lrcore.torch.drop_in import DropIn, unless_frozen
from lrcore.torch.group_schedules import FromBaseLr

MOST_PARTS = 10**6  # of an epoch that can be told apart


class CosineAnnealingWarmRestarts(DropIn):
    """Half cosine waves one after another, as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.

        lr(t) = eta_min + (base_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    with T_cur the steps since the last restart and T_i those of the present wave. The restarts are found by integers.
    As in torch, and in no other scheduler, `step` may be given a part of an epoch: `step(epoch + batch / batches)`.

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

    follows_changes = False  # as in torch

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self._lengths = (positive_count("T_0", T_0), positive_count("T_mult", T_mult))
        self._eta_min = real("eta_min", eta_min)
        self._part, self._parts = 0, 1
        super().__init__(optimizer, self._waves(parts=1), last_epoch=last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Move on to the next whole epoch, or to `epoch`, which need not be whole, and write its values."""
        if epoch is None and self._parts == 1:
            self._write(self._part + 1, self._factor)
        else:
            self._go_to(self.last_epoch + 1 if epoch is None else epoch, self._factor)

    def state_dict(self) -> dict[str, Any]:
        """The epoch, as "step", the factor and the learning rates that the waves start from, in JSON types."""
        return {**super().state_dict(), "step": self._part if self._parts == 1 else self._part / self._parts}

    def _go_to(self, step: float, factor: float) -> None:
        exact = Fraction(step if isinstance(step, int) else real("step", step)).limit_denominator(MOST_PARTS)
        before = self._parts
        self._divide_epochs(exact.denominator)
        try:
            self._write(exact.numerator, factor)
        except BaseException:
            self._divide_epochs(before)
            raise

    def _write(self, step: int, factor: float) -> None:
        super()._write(step, factor)
        self._part = step
        self.last_epoch = step // self._parts

    @property
    def _position(self) -> int:
        return self._part

    def _divide_epochs(self, parts: int) -> None:
        """A schedule's steps are whole numbers: between two epochs they are parts of one."""
        if parts != self._parts:
            self._parts = parts
            self.following = {**self.following, "schedule": FromBaseLr(self._waves(parts))}
            self._forget_groups()

    def _waves(self, parts: int) -> Callable[[float], Schedule]:
        first, mult = self._lengths
        return partial(_waves, lengths=(first * parts, mult), eta_min=self._eta_min)


def _waves(base_lr: float, lengths: tuple[int, int], eta_min: float) -> Schedule:
    if eta_min > base_lr:
        raise ValueError(f"eta_min must not be greater than the lr of a param group, {base_lr}, but got {eta_min}")
    return unless_frozen(base_lr, CosineRestarts(base_lr or 1.0, *lengths, min_lr=eta_min))
