"""ReduceLROnPlateau for Keras, decided by the core, with a state that can be saved."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import keras

from lrcore._validation import as_non_negative, as_str
from lrcore.keras._optimizer_state import read, require_settable, round_to_variable
from lrcore.keras.callbacks import ScheduleCallback
from lrcore.plateau import Plateau, Reduction, reduce_scheduler_factor


class ReduceLROnPlateau(keras.callbacks.Callback):
    """Multiply the learning rate by `factor` when a metric has stopped improving.

        lr <- max(lr * factor, min_lr)  after `patience` epochs in a row that are not better than the best

    Gives the learning rates of `keras.callbacks.ReduceLROnPlateau`, whose arguments it takes, with these differences:
    the state goes on from one `fit` to the next and can be saved, a metric of NaN or infinity never becomes the best,
    and metrics are compared in float64, where Keras rounds both to float32.

    Args:
        monitor: Name of the metric in the logs of an epoch.
        factor: The learning rate becomes lr * factor; in (0, 1).
        patience: Epochs in a row without an improvement after which the learning rate is reduced (0 acts as 1).
        verbose: 1 prints a line at each reduction.
        mode: "min", "max", or "auto" to take the direction from the metric.
        min_delta: An improvement is a change by more than this, in the metric's unit or, with `threshold_mode`, as a
            part of the best.
        cooldown: Epochs after a reduction in which nothing is counted, the epoch of the reduction being the first.
        min_lr: The learning rate is not reduced below this.
        threshold_mode: "abs", or "rel" to measure an improvement by |best|.
        base: A `ScheduleCallback` given to the same `fit`, such as a warm-up or a cosine. Its `factor` is lowered in
            place of the learning rate.
        compat: "keras", or "torch" to count patience and cooldown as torch does; see `lrcore.Plateau`.
        nan: What a metric of NaN or infinity does: "bad" counts it as one without improvement, "ignore" leaves all as
            it was, "raise" is a ValueError.

    Attributes:
        events: The reductions since construction, each with its reason.

    Raises:
        ValueError: For an argument out of range; at the start of `fit` for an optimizer that was compiled with a
            `LearningRateSchedule`, or a `base` that `fit` was not given.
        TypeError: When `base` is not a `ScheduleCallback` or `monitor` is not a string.

    Example:
        >>> from lrcore import Cosine, Warmup
        >>> from lrcore.keras import ScheduleCallback
        >>> schedule = ScheduleCallback(Warmup(Cosine(0.1, decay_steps=1000), steps=50))
        >>> callbacks = [schedule, ReduceLROnPlateau("loss", factor=0.5, patience=3, base=schedule)]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        *,
        threshold_mode: str = "abs",
        base: ScheduleCallback | None = None,
        compat: str = "keras",
        nan: str = "bad",
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', but got {mode!r}")
        if base is not None and not isinstance(base, ScheduleCallback):
            raise TypeError(f"base must be a ScheduleCallback, but got {type(base).__name__}")
        self.monitor = as_str("monitor", monitor)
        self.verbose = verbose
        self.min_lr = as_non_negative("min_lr", min_lr)
        self.events: list[Reduction] = []
        self._base = base
        self._make_plateau = partial(
            Plateau,
            factor=factor,
            patience=patience,
            threshold=as_non_negative("min_delta", min_delta),
            threshold_mode=threshold_mode,
            cooldown=cooldown,
            compat=compat,
            nan=nan,
        )
        self._direction = None if mode == "auto" else mode
        self._plateau = self._make_plateau(self._direction or "min")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the learning rate can be reduced."""
        require_settable(self.model, type(self).__name__)
        if self._base is not None and self._base.model is not self.model:
            raise ValueError("base must be among the callbacks of the same fit")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the learning rate into the logs, and reduce it if the metric says so."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = read(self.model.optimizer)
        metric = logs.get(self.monitor)
        if metric is None:
            warnings.warn(f"monitor={self.monitor!r} is not among the metrics {sorted(logs)}", stacklevel=2)
        elif event := self._update(self._known_plateau(), float(metric)):
            self.events.append(event)
            self._print(epoch, event)

    def reset(self) -> None:
        """Forget every metric, as Keras does at the start of each `fit`; the learning rate stays as it is."""
        self._plateau.reset()

    def state_dict(self) -> dict[str, Any]:
        """The best metric and the counts, in JSON types."""
        return self._plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: If `state` is of another version or shape; nothing is changed then.
        """
        self._plateau.load_state_dict(state)

    def _update(self, plateau: Plateau, metric: float) -> Reduction | None:
        optimizer, base = self.model.optimizer, self._base
        min_lr = round_to_variable(optimizer, self.min_lr)
        if base is not None:
            return reduce_scheduler_factor(plateau, metric, base, lambda: [_next_lr(base)], [min_lr], [0.0])
        event = plateau.update(metric, read(optimizer), min_lr)
        if event is not None:
            optimizer.learning_rate = event.new_lrs[0]
        return event

    def _print(self, epoch: int, event: Reduction) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {event.new_lrs[0]}: {event.why}.")

    def _known_plateau(self) -> Plateau:
        # Keras knows the direction of a compiled metric only once the model has run.
        if self._direction is None:
            self._direction = _direction_of(self.monitor, self.model)
            state = self._plateau.state_dict()
            self._plateau = self._make_plateau(self._direction)
            self._plateau.load_state_dict(state)
        return self._plateau


def _next_lr(base: ScheduleCallback) -> float:
    return base.schedule(base.step) * base.factor


def _direction_of(monitor: str, model: keras.Model) -> str:
    # Only Keras' own monitoring callbacks know how a metric's direction is found, so one of them is asked.
    keras_callback = keras.callbacks.ReduceLROnPlateau(monitor)
    keras_callback.set_model(model)
    keras_callback._set_monitor_op()
    return "min" if keras_callback.monitor_op is keras.ops.less else "max"
