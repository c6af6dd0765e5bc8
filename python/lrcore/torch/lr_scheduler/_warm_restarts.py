"""Cosine waves with warm restarts under torch's signature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Any

from torch.optim import Optimizer

import lrcore._core as _core
from lrcore._validation import as_float, as_non_negative, as_positive_int, translate_argument_names
from lrcore.schedules import CosineRestarts, PiecewiseCosine, Repeat, Schedule, Sequence
from lrcore.schedules._base import MAX_STEP
from lrcore.torch._param_groups import ParamGroup
from lrcore.torch.lr_scheduler._scheduler import BaseLrSchedules
from lrcore.torch.lr_scheduler._torch_compatible import TorchCompatibleScheduler

# The finest division of an epoch. A power of two, so that a whole epoch has the same bits however it is divided.
MOST_PARTS = 2**42


class CosineAnnealingWarmRestarts(TorchCompatibleScheduler):
    """Half cosine waves one after another, as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.

        lr(t) = eta_min + (base_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    with T_cur the steps since the last restart and T_i those of the present wave. The restarts are found by integers.
    As in torch, and in no other scheduler, `step` may be given a part of an epoch: `step(epoch + batch / batches)`.
    Where base_lr is less than `eta_min` the waves go up.

    Args:
        optimizer: Whose param groups are written; base_lr is what their lr was before all schedulers.
        T_0: Steps of the first wave, at least 1.
        T_mult: How many times as long as the one before each wave is, at least 1.
        eta_min: Learning rate that each wave ends just before, finite and not negative.
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

    chainable = False  # as in torch

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self._lengths = (as_positive_int("T_0", T_0), as_positive_int("T_mult", T_mult))
        self._eta_min = as_non_negative("eta_min", eta_min)
        self._parts, self._part = 1, 0  # parts of an epoch: their number, and those of `last_epoch` that are done
        super().__init__(optimizer, self._waves(parts=1), last_epoch=last_epoch)

    @property
    def schedules(self) -> list[Schedule | None]:
        """The schedule of each group's learning rate, in whole epochs."""
        return [self._waves(parts=1)(base_lr) for base_lr in self._base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Move on by one epoch, or to `epoch`, which need not be whole, and write its values.

        Raises:
            ValueError: When `epoch` is negative, not finite or does not fit in 64 bits; nothing is changed.
            TypeError: When `epoch` is not a number; nothing is changed.
        """
        if epoch is None:
            self._write(self._position + self._parts, self._factor)
        else:
            with translate_argument_names(step="epoch"):
                self._go_to(epoch, self._factor)

    def state_dict(self) -> dict[str, Any]:
        """The epoch, as "step", the factor and the learning rates that the waves start from, in JSON types."""
        return {**super().state_dict(), "step": self._position / self._parts if self._part else self.last_epoch}

    def _go_to(self, step: float, factor: float) -> None:
        epoch = _epoch("step", step)
        parts = self._parts_for(epoch)
        previous = dict(vars(self))
        try:
            self._divide_epochs(parts)
            self._write(round(epoch * parts), factor)
        except BaseException:
            vars(self).update(previous)
            raise

    def _write(self, step: int, factor: float) -> None:
        super()._write(step, factor)
        self.last_epoch, self._part = divmod(step, self._parts)

    @property
    def _position(self) -> int:
        return self.last_epoch * self._parts + self._part

    def _parts_for(self, epoch: float) -> int:
        """1 for a whole epoch, else the most parts with which the steps of the present wave still fit in 64 bits."""
        if epoch == int(epoch):
            return 1
        first, mult = self._lengths
        countable = MAX_STEP // (mult * (first + ceil(epoch)))
        return min(MOST_PARTS, 1 << max(0, countable.bit_length() - 1))

    def _divide_epochs(self, parts: int) -> None:
        if parts != self._parts:
            self._parts = parts
            self._unbind_groups()

    def _bind_groups(self, groups: list[ParamGroup]) -> _core.ParamGroupWriter:
        # Schedules have whole steps: a fractional epoch is looked up in schedules whose steps are parts of an epoch.
        whole = self.group_schedules
        self.group_schedules = {**whole, "schedule": BaseLrSchedules(self._waves(self._parts))}
        try:
            return super()._bind_groups(groups)
        finally:
            self.group_schedules = whole

    def _waves(self, parts: int) -> Callable[[float], Schedule]:
        first, mult = self._lengths
        return partial(_waves, first=first * parts, mult=mult, eta_min=self._eta_min)


def _epoch(name: str, value: float) -> float:
    number = as_float(name, value)
    epoch = value if isinstance(value, int) else number
    if not 0 <= epoch <= MAX_STEP:
        raise ValueError(f"{name} must be from 0 to 2**63 - 1, but got {value}")
    return epoch


def _waves(base_lr: float, first: int, mult: int, eta_min: float) -> Schedule:
    if base_lr < eta_min or base_lr == 0:
        return ascending_cosine_restarts(base_lr, eta_min, first, mult)
    with translate_argument_names(period_mult="T_mult"):
        return CosineRestarts(base_lr, first, mult, min_lr=eta_min)


def ascending_cosine_restarts(start: float, end: float, first: int, mult: int) -> Schedule:
    """Cosine waves from `start` up to just before `end`, the first of `first` steps, each next one `mult` times longer.

    Example:
        >>> [round(lr, 12) for lr in ascending_cosine_restarts(0.0, 1.0, 2, 2).values(0, 8).tolist()]
        [0.0, 0.5, 0.0, 0.146446609407, 0.5, 0.853553390593, 0.0, 0.038060233744]
    """
    if mult == 1:
        return Repeat(_wave(start, end, first), first)
    waves, starts, length = [_wave(start, end, first)], [0], first
    while starts[-1] + length <= MAX_STEP:
        starts.append(starts[-1] + length)
        length *= mult
        waves.append(
            _wave(start, end, min(length, MAX_STEP))
        )  # clipped: no step index reaches the end of a longer wave
    return Sequence(waves, starts[1:])


def _wave(start: float, end: float, length: int) -> Schedule:
    return PiecewiseCosine([0, length], [start, end])
