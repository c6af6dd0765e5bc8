"""Resuming ScheduleCallback after Ctrl-C, after exhausted data and in another process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore import Tabulated
from lrcore.keras import CyclicLR, ScheduleCallback

LOSES_INTERRUPTED_UPDATES = keras.backend.backend() == "jax"
CYCLE = [0.001, 0.002, 0.003, 0.004, 0.005, 0.004, 0.003, 0.002]


class CtrlC(keras.callbacks.Callback):
    """Interrupts the update of a batch, the moment that it is done, or a callback before or after it."""

    def __init__(self, place: str, batch: int) -> None:
        super().__init__()
        self.place, self.batch = place, batch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == self.batch and self.place == "before":
            raise KeyboardInterrupt
        if batch == self.batch and self.place == "in":
            self._interrupt(self.model.train_function)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == self.batch and self.place == "after":
            raise KeyboardInterrupt

    def _interrupt(self, update: Callable[..., Any]) -> None:
        def interrupted(*arguments: Any) -> Any:
            self.model.train_function = update
            update(*arguments)
            raise KeyboardInterrupt

        self.model.train_function = interrupted


def _fit(model: keras.Model, data: Any, *callbacks: Any) -> None:
    model.fit(*data, batch_size=8, verbose=0, callbacks=list(callbacks))


@pytest.fixture
def compiled() -> Callable[..., keras.Model]:
    """In place of the model with dropout, one that compiles at once."""

    def build(optimizer: Any = "sgd") -> keras.Model:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile(optimizer, "mse")
        return model

    return build


@pytest.mark.parametrize(
    ("place", "updates", "order"),
    [("before", 2, 1), ("in", 2 if LOSES_INTERRUPTED_UPDATES else 3, 1), ("after", 3, 1), ("after", 3, -1)],
)
def test_after_ctrl_c_the_step_is_the_number_of_updates(
    compiled: Any, regression: Any, place: str, updates: int, order: int
) -> None:
    model, callback = compiled(), CyclicLR(0.001, 0.005, 4)
    with pytest.raises(KeyboardInterrupt):
        _fit(model, regression, *[callback, CtrlC(place, 2)][::order])
    assert callback.state_dict()["step"] == updates
    _fit(compiled() if LOSES_INTERRUPTED_UPDATES else model, regression, callback)
    assert callback.step == updates + 6


def test_an_interrupted_epoch_is_gone_on_with_from_its_state(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, first, second = compiled(lr_spy()), CyclicLR(0.001, 0.005, 4), CyclicLR(0.001, 0.005, 4)
    with pytest.raises(KeyboardInterrupt):
        _fit(model, regression, first, CtrlC("after", 2))
    second.load_state_dict(first.state_dict())
    _fit(model, regression, second)
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32([*CYCLE, CYCLE[0]]))


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_training_by_others_between_two_fits_is_not_counted(compiled: Any, regression: Any) -> None:
    model, callback, lrs = compiled(), ScheduleCallback(Tabulated([0.5, 0.25, 0.125, 0.0625])), []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: lrs.append(callback.last_lr))
    # Of unknown length: Keras begins a third batch before it finds that there are no data for it.
    two_batches = tf.data.Dataset.from_tensor_slices(regression).batch(22).filter(lambda x, y: True)
    for _ in range(2):
        model.fit(two_batches, shuffle=False, verbose=0, callbacks=[callback, record])
        model.fit(*regression, batch_size=44, verbose=0)
    assert (callback.step, lrs) == (4, [0.5, 0.25, 0.125, 0.0625])


def test_an_accumulation_across_two_fits_is_one_update(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4))
    callback, steps = CyclicLR(0.001, 0.005, 4), []
    for _ in range(4):
        _fit(model, regression, callback)
        steps.append(callback.step)
    assert steps == [1, 3, 4, 6]


def test_a_state_loaded_during_fit_applies_to_the_next_update(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, callback = compiled(lr_spy()), CyclicLR(0.001, 0.005, 4)
    back_to_2 = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: (
            callback.load_state_dict({"version": 1, "step": 2, "factor": 1.0}) if batch == 3 else None
        )
    )
    _fit(model, regression, back_to_2, callback)
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32([*CYCLE[:4], *CYCLE[2:4]]))
