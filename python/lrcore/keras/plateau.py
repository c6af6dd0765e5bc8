"""Keras' ReduceLROnPlateau, decided by the core, with a state that lasts and can be saved."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from lrcore._arguments import count, real
from lrcore.keras.learning_rate import read, require_settable
from lrcore.plateau import Plateau


class ReduceLROnPlateau(keras.callbacks.Callback):
    """Multiply the learning rate by `factor` when a metric has stopped improving.

    Gives the learning rates of `keras.callbacks.ReduceLROnPlateau`, whose arguments it takes, with two differences:
    the state goes on from one `fit` to the next and can be saved, and a metric of NaN never becomes the best.

    Args:
        monitor: Name of the metric in the logs of an epoch.
        factor: The learning rate becomes lr * factor; in (0, 1).
        patience: Epochs in a row without an improvement after which the learning rate is reduced (0 acts as 1).
        verbose: 1 prints a line at each reduction.
        mode: "min", "max", or "auto" to take the direction from the metric.
        min_delta: An improvement is a change by more than this, in the metric's unit.
        cooldown: Epochs after a reduction in which nothing is counted, the epoch of the reduction being the first.
        min_lr: The learning rate is not reduced below this.

    Raises:
        ValueError: For an argument out of range; at the start of `fit` for an optimizer that was compiled with a
            `LearningRateSchedule`.

    Example:
        >>> ReduceLROnPlateau("loss", factor=0.5, patience=3).state_dict()["best"] is None
        True
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
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode must be 'auto', 'min' or 'max', but got {mode!r}")
        self.monitor = monitor
        self.factor = real("factor", factor)
        self.patience = _not_negative("patience", count("patience", patience))
        self.verbose = verbose
        self.mode = mode
        self.min_delta = _not_negative("min_delta", real("min_delta", min_delta))
        self.cooldown = _not_negative("cooldown", count("cooldown", cooldown))
        self.min_lr = _not_negative("min_lr", real("min_lr", min_lr))
        self._direction = None if mode == "auto" else mode
        self._plateau = self._new_plateau(self._direction or "min")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check that the learning rate can be reduced."""
        require_settable(self.model, type(self).__name__)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the learning rate into the logs, and reduce it if the metric says so."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = read(self.model.optimizer)
        metric = logs.get(self.monitor)
        if metric is None:
            warnings.warn(f"monitor={self.monitor!r} is not among the metrics {sorted(logs)}", stacklevel=2)
        elif self._known_plateau().update(float(metric)):
            self._reduce(epoch)

    def state_dict(self) -> dict[str, Any]:
        """The best metric and the counts, in JSON types."""
        return self._plateau.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`.

        Raises:
            ValueError: If `state` is of another version or shape; nothing is changed then.
        """
        self._plateau.load_state_dict(state)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        old_lr = read(optimizer)
        optimizer.learning_rate = self._plateau.reduced(old_lr, self.min_lr)
        new_lr = read(optimizer)
        if self.verbose > 0 and new_lr < old_lr:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new_lr}.")

    def _known_plateau(self) -> Plateau:
        # Keras knows the direction of a compiled metric only once the model has run.
        if self._direction is None:
            self._direction = _direction_of(self.monitor, self.model)
            state = self._plateau.state_dict()
            self._plateau = self._new_plateau(self._direction)
            self._plateau.load_state_dict(state)
        return self._plateau

    def _new_plateau(self, mode: str) -> Plateau:
        # Keras reduces at the patience-th bad epoch and counts the reduction's own epoch into the cooldown; the core
        # reduces after more than `patience` bad ones and waits for `cooldown` whole epochs.
        return Plateau(
            mode,
            self.factor,
            max(self.patience, 1) - 1,
            self.min_delta,
            threshold_mode="abs",
            cooldown=max(self.cooldown - 1, 0),
        )


def _direction_of(monitor: str, model: keras.Model) -> str:
    # Only Keras' own monitoring callbacks know how a metric's direction is found, so one of them is asked.
    keras_callback = keras.callbacks.ReduceLROnPlateau(monitor)
    keras_callback.set_model(model)
    keras_callback._set_monitor_op()
    return "min" if keras_callback.monitor_op is keras.ops.less else "max"


def _not_negative(name: str, value: Any) -> Any:
    if not value >= 0:
        raise ValueError(f"{name} must not be negative, but got {value}")
    return value
