"""The cyclical learning rate as a Keras callback."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore._arguments import renamed
from lrcore.keras.schedule_callback import ScheduleCallback
from lrcore.schedules import Cyclic, Schedule


class CyclicLR(ScheduleCallback):
    """Let the learning rate rise and fall between two bounds.

    lr(t) = min_lr + (max_lr - min_lr) * w(t) * s(t), where w rises in a straight line from 0 to 1 over `stepsize`
    updates and falls back over as many; s is 1 ("triangular"), halves with every cycle ("triangular2"), or is
    gamma**t ("exp_range").

    Args:
        min_lr: The learning rate of step 0 and of every joint of two cycles.
        max_lr: The learning rate at the top of the first cycle.
        stepsize: Updates from the bottom of a cycle to its top.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: Base of the decay in mode "exp_range", in (0, 1].
        scale: The s of each cycle in place of that of a mode, which is to be "triangular": factors from 0 to 1, of
            which the last is held, or a schedule.
        scale_mode: Whether an item of `scale` belongs to a "cycle", the first being 0, or to a step ("iterations").

    Source: Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186.

    Example:
        >>> callback = CyclicLR(2e-4, 2e-2, 2000)
        >>> [callback.schedule(step) for step in (0, 2000, 4000)]
        [0.0002, 0.02, 0.0002]
    """

    def __init__(
        self,
        min_lr: float,
        max_lr: float,
        stepsize: int,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale: Schedule | Sequence[float] | None = None,
        scale_mode: str = "cycle",
    ) -> None:
        with renamed(base_lr="min_lr", step_size_up="stepsize"):
            schedule = Cyclic(min_lr, max_lr, stepsize, mode=mode, gamma=gamma, scale=scale, scale_mode=scale_mode)
        super().__init__(schedule)
