"""Cosine learning rates as Keras callbacks."""

from __future__ import annotations

from lrcore._arguments import renamed
from lrcore.keras.schedule_callback import ScheduleCallback
from lrcore.schedules import Cosine, CosineRestarts


class CosineAnnealingLR(ScheduleCallback):
    """Let the learning rate fall along half a cosine wave, and rise again along the other half: `lrcore.Cosine`.

    `ScheduleCallback(Cosine(lr, T_max))` stays at the bottom instead.

    Args:
        lr: The learning rate of step 0.
        T_max: Updates to the bottom.
        eta_min: The learning rate there.

    Source: torch.optim.lr_scheduler.CosineAnnealingLR.

    Example:
        >>> callback = CosineAnnealingLR(0.5, T_max=100)
        >>> [round(callback.schedule(step), 12) for step in (0, 50, 100, 150)]
        [0.5, 0.25, 0.0, 0.25]
    """

    def __init__(self, lr: float, T_max: int, eta_min: float = 0.0) -> None:
        with renamed(base_lr="lr", decay_steps="T_max", min_lr="eta_min"):
            schedule = Cosine(lr, T_max, eta_min, end="mirror")
        super().__init__(schedule)


class CosineAnnealingWarmRestarts(ScheduleCallback):
    """Let the learning rate fall along half a cosine wave and jump back up, again and again: `lrcore.CosineRestarts`.

    Args:
        lr: The learning rate at the start of every cycle.
        T_0: Updates of the first cycle.
        T_mult: How many times as long as the one before each cycle is.
        eta_min: The learning rate that each cycle ends just above.

    Source: Loshchilov and Hutter, "SGDR", arXiv:1608.03983; torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.

    Example:
        >>> callback = CosineAnnealingWarmRestarts(0.5, T_0=100, T_mult=2)
        >>> [round(callback.schedule(step), 12) for step in (0, 50, 100, 200, 300)]
        [0.5, 0.25, 0.5, 0.25, 0.5]
    """

    def __init__(self, lr: float, T_0: int, T_mult: float = 1, eta_min: float = 0.0) -> None:
        with renamed(base_lr="lr", first_period="T_0", period_mult="T_mult", min_lr="eta_min"):
            schedule = CosineRestarts(lr, T_0, T_mult, min_lr=eta_min)
        super().__init__(schedule)
