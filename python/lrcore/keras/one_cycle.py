"""The one-cycle learning rate as a Keras callback."""

from __future__ import annotations

from lrcore.keras.schedule_callback import ScheduleCallback
from lrcore.schedules import OneCycle


class OneCycleLR(ScheduleCallback):
    """Let the learning rate rise once to its maximum and then fall far below where it began: `lrcore.OneCycle`.

    Args:
        max_lr: The learning rate at the top.
        total_steps: Updates from the first learning rate to the last, both counted: batches times epochs.
        pct_start: Part of the updates in which the learning rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        div_factor: How many times less than max_lr the first learning rate is.
        final_div_factor: How many times less than the first learning rate the last one is.
        three_phase: Whether the fall stops at the first learning rate, as many updates after the top as it is before.

    Source: Smith and Topin, "Super-Convergence", arXiv:1708.07120; torch.optim.lr_scheduler.OneCycleLR.

    Example:
        >>> callback = OneCycleLR(1.0, total_steps=102, pct_start=0.5, div_factor=20)
        >>> [round(callback.schedule(step), 6) for step in (0, 25, 50, 101)]
        [0.05, 0.525, 1.0, 5e-06]
    """

    def __init__(
        self,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        super().__init__(
            OneCycle(max_lr, total_steps, pct_start, anneal_strategy, div_factor, final_div_factor, three_phase)
        )
