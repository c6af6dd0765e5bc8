"""SGD in `fit`, in every way that the backend in use can run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from lrcore.keras import SGD, CyclicLR

Array = npt.NDArray[np.floating[Any]]
MOMENTUM: dict[str, Any] = {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True}


def _model(optimizer: Any, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **options)
    return model


def _weights(model: keras.Model) -> Array:
    return np.concatenate([weights.ravel() for weights in model.get_weights()])


def _fitted(model: keras.Model, data: Any, callbacks: Any = ()) -> Array:
    model.fit(*data, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=list(callbacks))
    return _weights(model)


def _expected_path(how: dict[str, bool]) -> str:
    fused = {"tensorflow": "tensorflow", "torch": "core", "jax": "keras.ops"}[keras.backend.backend()]
    return "keras.ops" if how.get("jit_compile") else fused


def _linear_descent(x: Array, y: Array) -> Array:
    """The recurrence with MOMENTUM in float64 for y = x @ w from w = 0: two epochs under CyclicLR(0.01, 0.1, 3)."""
    lrs = [0.01, 0.04, 0.07, 0.1, 0.07, 0.04] * 2
    w, b = np.zeros((4, 1)), np.zeros((4, 1))
    for batch, lr in enumerate(lrs):
        start = batch % 6 * 8
        inputs, targets = x[start : start + 8].astype(np.float64), y[start : start + 8]
        g = 2 * inputs.T @ (inputs @ w - targets) / len(inputs) + 0.01 * w
        b = 0.9 * b + g
        w = w - lr * (g + 0.9 * b)
    return w


def test_fit_is_the_recurrence_under_a_moving_lr(regression: Any, how: Any) -> None:
    dense = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile(SGD(0.5, **MOMENTUM), "mse", **how)
    model.fit(*regression, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[CyclicLR(0.01, 0.1, 3)])
    np.testing.assert_allclose(model.get_weights()[0], _linear_descent(*regression), rtol=1e-4)
    assert model.optimizer.path == _expected_path(how)


@pytest.mark.parametrize("nesterov", [False, True])
def test_under_a_constant_lr_it_is_the_path_of_keras_sgd(regression: Any, how: Any, nesterov: bool) -> None:
    arguments = {"momentum": 0.9, "nesterov": nesterov}
    ours = _fitted(_model(SGD(0.05, **arguments), **how), regression)
    theirs = _fitted(_model(keras.optimizers.SGD(0.05, **arguments), **how), regression)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_under_a_moving_lr_it_is_not_the_path_of_keras_sgd(regression: Any, how: Any) -> None:
    moving = CyclicLR(0.001, 0.1, 3), CyclicLR(0.001, 0.1, 3)
    ours = _fitted(_model(SGD(0.05, momentum=0.9), **how), regression, moving[:1])
    theirs = _fitted(_model(keras.optimizers.SGD(0.05, momentum=0.9), **how), regression, moving[1:])
    assert np.abs(ours - theirs).max() > 1e-3


def test_accumulation_is_the_update_of_the_whole_batch(regression: Any, how: Any) -> None:
    x, y = regression
    whole, parts = (_model(SGD(0.05, **MOMENTUM, gradient_accumulation_steps=steps), **how) for steps in (None, 2))
    whole.fit(x[:40], y[:40], batch_size=8, shuffle=False, verbose=0)
    parts.fit(x[:40], y[:40], batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(_weights(parts), _weights(whole), atol=1e-6)


def test_loss_scaling_wraps_it(regression: Any, how: Any) -> None:
    model = _model(keras.optimizers.LossScaleOptimizer(SGD(0.05, **MOMENTUM), initial_scale=8.0), **how)
    plain = _fitted(_model(SGD(0.05, **MOMENTUM), **how), regression)
    np.testing.assert_allclose(_fitted(model, regression), plain, atol=1e-6)


def test_an_overflow_under_mixed_float16_changes_nothing(regression: Any, how: Any) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, dtype="mixed_float16")])
    inner = SGD(0.05, **MOMENTUM)
    model.compile(keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**20), "mse", **how)
    x, y = regression
    before, changed = _weights(model), []
    for _ in range(12):
        model.train_on_batch(x[:8], y[:8])
        changed.append(bool((_weights(model) != before).any()))
        if not changed[-1]:
            assert not any(np.array(keras.ops.convert_to_numpy(buffer)).any() for buffer in inner.momentum_buffers)
    assert (changed[0], changed[-1]) == (False, True)
    assert int(keras.ops.convert_to_numpy(inner.iterations)) == 12 - changed.index(True)
    assert np.isfinite(_weights(model)).all()
    assert inner.path == _expected_path(how)


def test_unused_embedding_rows_decay_and_keep_momentum(how: Any) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Embedding(4, 2, embeddings_initializer="ones")])
    model.compile(SGD(0.5, momentum=0.5, weight_decay=0.5), "mse", **how)
    for row in (0, 2):
        model.train_on_batch(np.array([[row]]), np.zeros((1, 1, 2)))
    # The gradient of the row looked up is w. b = 1.5, then 0.75 + 0.125; 0.5, then 0.25 + 0.375; 0.5, 0.25 + 1.5 * 0.75
    rows = [0.25 - 0.4375, 0.75 - 0.3125, 0.75 - 0.6875, 0.75 - 0.3125]
    np.testing.assert_array_equal(model.get_weights()[0], np.repeat(rows, 2).reshape(4, 2))


def test_a_saved_model_continues_bit_identically(regression: Any, how: Any, tmp_path: Path) -> None:
    model = _model(SGD(0.05, **MOMENTUM, gradient_accumulation_steps=2), **how)
    _fitted(model, regression)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    loaded.compile(loaded.optimizer, "mse", **how)
    assert type(loaded.optimizer) is SGD
    for mine, other in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(other))
    np.testing.assert_array_equal(_fitted(loaded, regression), _fitted(model, regression))
    assert loaded.optimizer.path == model.optimizer.path == _expected_path(how)
