"""Features of the torch backend alone: torch modules in a Keras model, with buffers, modes and gradients."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import torch

from lrcore.keras import lr_find


def _model() -> tuple[keras.Model, torch.nn.Module]:
    keras.utils.set_random_seed(5)
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5))
    layers = [keras.Input((4,)), keras.layers.TorchModuleWrapper(module, output_shape=(None, 8)), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    return model, module


def _state(model: keras.Model, module: torch.nn.Module) -> list[Any]:
    return [
        *(np.array(keras.ops.convert_to_numpy(variable)) for variable in model.variables),
        *(buffer.numpy().copy() for buffer in module.buffers()),
        [part.training for part in (model, *model.layers, *module.modules())],
        # Not model.parameters(): Keras sorts those by name, so that "variable_10" comes before "variable_9".
        [None if value.grad is None else value.grad.numpy().copy() for value in (v.value for v in model.variables)],
        torch.get_rng_state().numpy(),
    ]


def _find(model: keras.Model, regression: Any) -> None:
    lr_find(model, *regression, batch_size=8, end_lr=0.1, num_iter=9, validation_data=regression, progress=False)


def test_training_continues_bit_identically(regression: Any) -> None:
    runs = []
    for found in (False, True):
        model, module = _model()
        if found:
            _find(model, regression)
        history = model.fit(*regression, batch_size=8, epochs=2, verbose=0).history
        runs.append([history, *_state(model, module)])
    np.testing.assert_equal(runs[1], runs[0])


def test_running_statistics_modes_and_gradients_are_put_back(regression: Any) -> None:
    model, module = _model()
    x, y = (torch.tensor(array) for array in regression)
    torch.nn.functional.mse_loss(model(x, training=True), y).backward()
    module[1].eval()
    before = _state(model, module)
    assert any(gradient is not None for gradient in before[-2])
    assert set(before[-3]) == {True, False}
    assert any(buffer.any() for buffer in module.buffers())
    _find(model, regression)
    np.testing.assert_equal(_state(model, module), before)


def test_validation_and_training_run_in_their_own_modes(regression: Any) -> None:
    modes = []

    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            modes.append((self.training, torch.is_grad_enabled()))
            return self.dense(x)

    model = Model()
    model(regression[0])
    model.compile("sgd", "mse")
    model.fit(*regression, verbose=0)
    modes.clear()
    lr_find(model, *regression, batch_size=44, end_lr=0.1, num_iter=2, validation_data=regression, progress=False)
    assert modes == [(True, True), (False, False)] * 2
    assert model.training is False  # as fit left it
