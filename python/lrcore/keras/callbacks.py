"""Schedules as Keras callbacks: any schedule, and torch's and the guide's by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from lrcore._validation import as_int, as_non_negative, check_fields, check_version, translate_argument_names
from lrcore.keras._optimizer_state import UpdateCounter, require_every_step, require_settable, set_lr
from lrcore.schedules import (
    Cosine,
    CosineRestarts,
    Cyclic,
    ExponentialDecay,
    MultiStep,
    OneCycle,
    Polynomial,
    Schedule,
    Step,
)
from lrcore.schedules._base import learning_rate

VERSION = 1
OTHER_FORM = ": give the optimizer the schedule as lrcore.keras.Schedule instead of this callback"


class ScheduleCallback(keras.callbacks.Callback):
    """Set the optimizer's learning rate before each batch to `schedule(step) * factor`.

    The step counts updates, not batches: a batch that only accumulates gradients does not move it. It goes on over
    several calls of `fit`, and through `state_dict` over several processes. `lrcore.keras.Schedule` is the form for
    `steps_per_execution` above 1.

    Args:
        schedule: The learning rate of every step; the optimizer's variable gets its nearest float32 (or the float64
            itself where the variable has that dtype).

    Attributes:
        last_lr: `schedule(step) * factor` in float64 of the update in progress or, between two batches, of the one just
            done.

    Raises:
        TypeError: If `schedule` is not an `lrcore.Schedule`.
        ValueError: At the start of `fit`, before anything is changed, if the model was compiled with
            `steps_per_execution` above 1, or its optimizer with a `LearningRateSchedule`; before an update, if its
            learning rate is too large for the optimizer's variable.

    Example:
        >>> from lrcore.schedules import Cosine
        >>> callback = ScheduleCallback(Cosine(0.1, decay_steps=1000))
        >>> callback.state_dict()
        {'version': 1, 'step': 0, 'factor': 1.0}
    """

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self.schedule = learning_rate("schedule", schedule)
        self.last_lr: float | None = None
        self._step = 0
        self._factor = 1.0
        self._batch: UpdateCounter | None = None  # watches the batch in progress

    @property
    def step(self) -> int:
        """Index of the update about to be done, from 0.

        An update counts as soon as it is done, also one that Ctrl-C keeps from being reported to callbacks.
        """
        if self._batch is not None:
            self._step += self._batch.advance()
        return self._step

    @property
    def factor(self) -> float:
        """Factor on every value of the schedule, 1.0 unless it is set.

        Setting it, between two batches, also rewrites the optimizer's learning rate, once this callback has set one.
        """
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        factor = as_non_negative("factor", factor)
        if self.last_lr is not None:
            set_lr(self.model.optimizer, self.schedule(self.step) * factor, self.step)
        self._factor = factor

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that every update can be given its own learning rate."""
        require_every_step(self.model, type(self).__name__, OTHER_FORM)
        require_settable(self.model, type(self).__name__)
        self._finish_batch()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of this update."""
        self._finish_batch()
        lr = self.schedule(self.step) * self.factor
        set_lr(self.model.optimizer, lr, self.step)
        self.last_lr = lr
        self._batch = UpdateCounter(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move on to the next update, if this batch completed one."""
        self._finish_batch()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Forget a batch for which there were no data; TensorFlow counts an update for it that it has not done."""
        self._batch = None

    def state_dict(self) -> dict[str, Any]:
        """The step and the factor, in JSON types."""
        return {"version": VERSION, "step": self.step, "factor": self.factor}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on at the step of `state`.

        Raises:
            ValueError: If `state` is of another version or shape, or a number in it is negative; nothing is changed.
            TypeError: If its step is not an integer or its factor not a number.
        """
        check_version("the state of a ScheduleCallback", state, VERSION)
        check_fields("the state of a ScheduleCallback", state, self.state_dict())
        step = as_int("step", state["step"])
        self.schedule(step)  # refuses a step that no schedule takes
        self._factor = as_non_negative("factor", state["factor"])
        self._step, self._batch = step, None

    def _finish_batch(self) -> None:
        self._step, self._batch = self.step, None


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
        with translate_argument_names(base_lr="lr", decay_steps="T_max", min_lr="eta_min"):
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
        with translate_argument_names(base_lr="lr", first_period="T_0", period_mult="T_mult", min_lr="eta_min"):
            schedule = CosineRestarts(lr, T_0, T_mult, min_lr=eta_min)
        super().__init__(schedule)


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
        with translate_argument_names(base_lr="min_lr", step_size_up="stepsize"):
            schedule = Cyclic(min_lr, max_lr, stepsize, mode=mode, gamma=gamma, scale=scale, scale_mode=scale_mode)
        super().__init__(schedule)


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
        with translate_argument_names(base_lr="lr"):
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
        with translate_argument_names(base_lr="lr"):
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
        with translate_argument_names(base_lr="lr", decay_rate="gamma"):
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
        with translate_argument_names(base_lr="lr", decay_steps="total_iters"):
            schedule = Polynomial(lr, total_iters, power=power)
        super().__init__(schedule)


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
