"""Learning rates that only fall, as Keras callbacks."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore._arguments import renamed
from lrcore.keras.schedule_callback import ScheduleCallback
from lrcore.schedules import ExponentialDecay, MultiStep, Polynomial, Step


class StepLR(ScheduleCallback):
    """Multiply the learning rate by one number every so many updates: `lrcore.Step`.

    Args:
        lr: The learning rate of step 0.
        step_size: Updates with the same learning rate.
        gamma: Factor of each change.

    Source: torch.optim.lr_scheduler.StepLR, counted in updates.

    Example:
        >>> callback = StepLR(0.5, step_size=1000, gamma=0.5)
        >>> [callback.schedule(step) for step in (999, 1000, 2000)]
        [0.5, 0.25, 0.125]
    """

    def __init__(self, lr: float, step_size: int, gamma: float = 0.1) -> None:
        with renamed(base_lr="lr"):
            schedule = Step(lr, step_size, gamma)
        super().__init__(schedule)


class MultiStepLR(ScheduleCallback):
    """Multiply the learning rate by one number at each milestone: `lrcore.MultiStep`.

    Args:
        lr: The learning rate before the first milestone.
        milestones: Updates at which it changes, not decreasing.
        gamma: Factor of each change.

    Source: torch.optim.lr_scheduler.MultiStepLR, counted in updates.

    Example:
        >>> callback = MultiStepLR(0.5, milestones=[1000, 1500], gamma=0.5)
        >>> [callback.schedule(step) for step in (999, 1000, 1500)]
        [0.5, 0.25, 0.125]
    """

    def __init__(self, lr: float, milestones: Sequence[int], gamma: float = 0.1) -> None:
        with renamed(base_lr="lr"):
            schedule = MultiStep(lr, milestones, gamma)
        super().__init__(schedule)


class ExponentialLR(ScheduleCallback):
    """Multiply the learning rate by one number after every update: `lrcore.ExponentialDecay`.

    Args:
        lr: The learning rate of step 0.
        gamma: The factor.

    Source: torch.optim.lr_scheduler.ExponentialLR, counted in updates.

    Example:
        >>> callback = ExponentialLR(0.5, gamma=0.5)
        >>> [callback.schedule(step) for step in (0, 1, 2)]
        [0.5, 0.25, 0.125]
    """

    def __init__(self, lr: float, gamma: float) -> None:
        with renamed(base_lr="lr", decay_rate="gamma"):
            schedule = ExponentialDecay(lr, gamma)
        super().__init__(schedule)


class PolynomialLR(ScheduleCallback):
    """Let the learning rate fall to 0 along a power of what is left, and stay there: `lrcore.Polynomial`.

    Args:
        lr: The learning rate of step 0.
        total_iters: Updates to the end.
        power: The power.

    Source: torch.optim.lr_scheduler.PolynomialLR, counted in updates.

    Example:
        >>> callback = PolynomialLR(0.5, total_iters=1000, power=2)
        >>> [callback.schedule(step) for step in (0, 500, 1000)]
        [0.5, 0.125, 0.0]
    """

    def __init__(self, lr: float, total_iters: int, power: float = 1.0) -> None:
        with renamed(base_lr="lr", decay_steps="total_iters"):
            schedule = Polynomial(lr, total_iters, power=power)
        super().__init__(schedule)
