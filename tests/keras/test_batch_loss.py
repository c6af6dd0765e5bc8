"""BatchLoss: each batch's own loss, and nothing else changed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore.keras import BatchLoss


class Losses(keras.callbacks.Callback):
    """Keep the loss of every batch, and what the logs say after BatchLoss."""

    def __init__(self, batch_loss: BatchLoss) -> None:
        super().__init__()
        self.batch_loss, self.losses, self.logged = batch_loss, [], []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append(self.batch_loss.last)
        self.logged.append(logs["loss"])


def _frozen_linear(regularizer: Any = None) -> keras.Model:
    """y = 2 * sum(x), which a learning rate of 0 leaves as it is."""
    layer = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(2.0), kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((4,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return model


def _expected(x: Any, y: Any, penalty: float = 0.0) -> list[float]:
    errors = (2 * x.astype(np.float64).sum(axis=1, keepdims=True) - y) ** 2
    return [float(errors[start : start + 8].mean()) + penalty for start in range(0, 44, 8)]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_losses_are_recorded_per_batch_also_a_ragged_one(regression: Any, jit_compile: bool) -> None:
    model, losses = _frozen_linear(), Losses(BatchLoss())
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=jit_compile)
    model.fit(*regression, batch_size=8, shuffle=False, epochs=2, verbose=0, callbacks=[losses.batch_loss, losses])
    np.testing.assert_allclose(losses.losses, 2 * _expected(*regression), rtol=1e-6)


def test_regularisation_losses_are_part_of_it(regression: Any) -> None:
    model, losses = _frozen_linear(keras.regularizers.L2(0.5)), Losses(BatchLoss())
    model.fit(*regression, batch_size=8, shuffle=False, verbose=0, callbacks=[losses.batch_loss, losses])
    np.testing.assert_allclose(losses.losses, _expected(*regression, penalty=0.5 * 4 * 2.0**2), rtol=1e-6)


def test_losses_that_overflow_are_measured_as_they_are(regression: Any) -> None:
    x, y = regression
    scale = np.where(np.arange(44) < 16, 1e18, 1e20)[:, None]  # squares near the end of float32, and beyond
    model, losses = _frozen_linear(), Losses(BatchLoss())
    model.fit(x, y * scale, batch_size=8, shuffle=False, verbose=0, callbacks=[losses.batch_loss, losses])
    assert np.isfinite(losses.losses).tolist() == [True, True, False, False, False, False]


def test_data_of_unknown_length_are_measured(regression: Any) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(regression).batch(8)
    dataset = dataset.filter(lambda x, y: True)  # a filter hides the length from Keras
    runs = []
    for callbacks in ([], [batch_loss := BatchLoss(), losses := Losses(batch_loss)]):
        with pytest.warns(UserWarning, match="Your input ran out of data"):
            runs.append(_frozen_linear().fit(dataset, shuffle=False, verbose=0, callbacks=callbacks).history)
    np.testing.assert_allclose(losses.losses, _expected(*regression), rtol=2e-6)
    assert runs[0] == runs[1]


def test_data_that_run_short_leave_the_history_as_it_is(regression: Any) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(regression).batch(8).filter(lambda x, y: True)
    runs = []
    for callbacks in ([], [BatchLoss()]):
        with pytest.warns(UserWarning, match="Your input ran out of data"):
            runs.append(
                _frozen_linear().fit(dataset, shuffle=False, steps_per_epoch=10, verbose=0, callbacks=callbacks).history
            )
    assert runs[0] == runs[1]


def test_history_and_later_logs_are_bit_identical(compiled: Any, regression: Any) -> None:
    runs = []
    for measured in (False, True):
        losses = Losses(BatchLoss())
        callbacks = [losses.batch_loss, losses] if measured else [losses]
        history = compiled("adam").fit(
            *regression, batch_size=8, epochs=3, validation_data=regression, verbose=0, callbacks=callbacks
        )
        runs.append((history.history, losses.logged))
    assert runs[0] == runs[1]


def test_steps_per_execution_is_refused(compiled: Any, regression: Any) -> None:
    model = compiled(steps_per_execution=2)
    with pytest.raises(
        ValueError, match="steps_per_execution must be 1 for BatchLoss to be called at every update, but"
    ):
        model.fit(*regression, verbose=0, callbacks=[BatchLoss()])


def test_a_second_batch_loss_in_one_fit_is_refused(compiled: Any, regression: Any) -> None:
    with pytest.raises(ValueError, match="must not be emptied by others, such as a second BatchLoss"):
        compiled().fit(*regression, batch_size=8, verbose=0, callbacks=[BatchLoss(), BatchLoss()])


def test_a_model_without_a_loss_tracker_is_refused(regression: Any) -> None:
    class Untracked(keras.Model):
        @property
        def metrics(self) -> list[Any]:
            return []

    inputs = keras.Input((4,))
    model = Untracked(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"the model must track its mean loss in a keras\.metrics\.Mean named 'loss'"):
        model.fit(*regression, verbose=0, callbacks=[BatchLoss()])
