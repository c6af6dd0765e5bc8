"""SGD: PyTorch's recurrence on every path, as a full Keras optimizer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from lrcore.keras import SGD, CyclicLR

Array = npt.NDArray[np.floating[Any]]

SETTINGS = {
    "plain": {},
    "decay": {"weight_decay": 0.01},
    "momentum": {"momentum": 0.9},
    "momentum and decay": {"momentum": 0.9, "weight_decay": 0.01},
    "nesterov and decay": {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
}
LRS = [0.1, 0.02, 0.3, 0.3, 0.001]
settings = pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
SHAPES = [(3, 5), (7,), (), (2, 3, 4)]


def _recurrence(param: Array, grads: list[Array], lrs: list[float], **options: Any) -> tuple[Array, Array]:
    """DESIGN's recurrence in NumPy, every operation rounded to the dtype of `param`."""
    scalar = param.dtype.type
    momentum, decay = scalar(options.get("momentum", 0.0)), scalar(options.get("weight_decay", 0.0))
    p, b = param.copy(), np.zeros_like(param)
    for lr, grad in zip(lrs, grads, strict=True):
        g = grad + decay * p if decay else grad
        b = momentum * b + g
        step = g + momentum * b if options.get("nesterov") else b
        p = p - scalar(np.float32(lr)) * step
    return p, b


def _problem(dtype: str) -> tuple[list[Array], list[list[Array]]]:
    generator = np.random.default_rng(1)
    params = [np.asarray(generator.normal(size=shape), dtype) for shape in SHAPES]
    grads = [[np.asarray(generator.normal(size=shape), dtype) for shape in SHAPES] for _ in LRS]
    return params, grads


def _run(params: list[Array], grads: list[list[Array]], wrap: Callable[[Any], Any], **options: Any) -> list[Any]:
    variables = [keras.Variable(param, dtype=param.dtype.name) for param in params]
    optimizer = SGD(0.5, **options)
    optimizer.build(variables)
    apply = wrap(lambda gradients: optimizer.apply(gradients, variables))
    for lr, gradients in zip(LRS, grads, strict=True):
        optimizer.learning_rate = lr
        apply([tf.constant(gradient) for gradient in gradients])
    return [variables, optimizer]


@settings
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("wrap", [lambda apply: apply, tf.function], ids=["eager", "tf.function"])
def test_core_path_is_the_recurrence_bit_for_bit(options: Any, dtype: str, wrap: Any) -> None:
    params, grads = _problem(dtype)
    variables, optimizer = _run(params, grads, wrap, **options)
    for i, variable in enumerate(variables):
        p, b = _recurrence(params[i], [gradients[i] for gradients in grads], LRS, **options)
        np.testing.assert_array_equal(variable.numpy(), p)
        if optimizer.momentum:
            np.testing.assert_array_equal(optimizer.momentum_buffers[i].numpy(), b)


@settings
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_xla_path_is_the_recurrence_to_a_few_ulp(options: Any, dtype: str) -> None:
    params, grads = _problem(dtype)
    variables, _ = _run(params, grads, lambda apply: tf.function(apply, jit_compile=True), **options)
    for i, variable in enumerate(variables):
        p, _ = _recurrence(params[i], [gradients[i] for gradients in grads], LRS, **options)
        np.testing.assert_array_max_ulp(variable.numpy(), p, maxulp=64)
        np.testing.assert_allclose(variable.numpy(), p, rtol=0, atol=4 * np.finfo(dtype).eps * np.abs(p).max())


def test_float32_and_float64_variables_in_one_optimizer() -> None:
    first, second = keras.Variable(np.float32([1.0, 2.0])), keras.Variable(np.array([3.0]), dtype="float64")
    SGD(0.5).apply([tf.constant([1.0, 1.0]), tf.constant([1.0], tf.float64)], [first, second])
    np.testing.assert_array_equal(first.numpy(), [0.5, 1.5])
    np.testing.assert_array_equal(second.numpy(), [2.5])


def test_float16_variables_take_the_recurrence_in_keras_ops() -> None:
    variable = keras.Variable([1.0, -2.0], dtype="float16")
    optimizer = SGD(0.5, momentum=0.5, nesterov=True)
    for _ in range(2):
        optimizer.apply([tf.constant([1.0, 1.0], tf.float16)], [variable])
    # b = 1, 1.5; steps 0.5 * (1 + 0.5), 0.5 * (1 + 0.75)
    np.testing.assert_array_equal(variable.numpy(), np.float16([1 - 0.75 - 0.875, -2 - 0.75 - 0.875]))


def test_update_never_writes_into_a_tensor_that_was_read_before() -> None:
    variable = keras.Variable(np.ones(1000, np.float32))
    before = tf.convert_to_tensor(variable.value)
    SGD(0.5, momentum=0.9).apply([tf.ones(1000)], [variable])
    np.testing.assert_array_equal(before.numpy(), np.ones(1000))
    np.testing.assert_array_equal(variable.numpy(), np.full(1000, 0.5))


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


def test_fit_gives_the_same_in_a_graph_eagerly_and_under_xla(regression: Any) -> None:
    options = {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
    graph, eager, xla = (
        _fitted(_model(SGD(0.05, **options), **how), regression, [CyclicLR(0.01, 0.1, 3)])
        for how in ({"jit_compile": False}, {"run_eagerly": True}, {"jit_compile": True})
    )
    np.testing.assert_allclose(eager, graph, rtol=0, atol=1e-6)
    np.testing.assert_allclose(xla, graph, rtol=0, atol=1e-5)


@pytest.mark.parametrize("nesterov", [False, True])
def test_under_a_constant_lr_it_is_the_path_of_keras_sgd(regression: Any, nesterov: bool) -> None:
    arguments = {"momentum": 0.9, "nesterov": nesterov}
    ours = _fitted(_model(SGD(0.05, **arguments)), regression)
    np.testing.assert_allclose(ours, _fitted(_model(keras.optimizers.SGD(0.05, **arguments)), regression), atol=1e-5)


def test_under_a_moving_lr_it_is_not_the_path_of_keras_sgd(regression: Any) -> None:
    moving = CyclicLR(0.001, 0.1, 3), CyclicLR(0.001, 0.1, 3)
    ours = _fitted(_model(SGD(0.05, momentum=0.9)), regression, moving[:1])
    theirs = _fitted(_model(keras.optimizers.SGD(0.05, momentum=0.9)), regression, moving[1:])
    assert np.abs(ours - theirs).max() > 1e-3


@pytest.mark.parametrize("jit_compile", [False, True])
def test_excluded_variables_do_not_decay(jit_compile: bool) -> None:
    kernel, bias = (keras.Variable(np.float32([4.0]), name=name) for name in ("kernel", "bias"))
    optimizer = SGD(0.5, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([kernel, bias])
    tf.function(lambda: optimizer.apply([tf.zeros(1), tf.zeros(1)], [kernel, bias]), jit_compile=jit_compile)()
    assert (kernel.numpy()[0], bias.numpy()[0]) == (4.0 - 0.5 * 0.25 * 4.0, 4.0)


def test_exclusion_by_variable() -> None:
    first, second = keras.Variable(np.float32([4.0])), keras.Variable(np.float32([4.0]))
    optimizer = SGD(0.5, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_list=[second])
    optimizer.apply([tf.zeros(1), tf.zeros(1)], [first, second])
    assert (first.numpy()[0], second.numpy()[0]) == (3.5, 4.0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_sparse_gradients_follow_the_recurrence_in_every_row(jit_compile: bool) -> None:
    table = keras.Variable(np.ones((3, 2), np.float32))
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([table])

    def step(row: int) -> None:
        optimizer.apply([tf.IndexedSlices(tf.ones((1, 2)), tf.constant([row]), tf.constant([3, 2]))], [table])

    apply = tf.function(step, jit_compile=jit_compile)
    apply(0)
    apply(2)
    # row 0: b = 1, 0.5; row 1: nothing; row 2: b = 0, 1
    np.testing.assert_array_equal(table.numpy(), [[0.25, 0.25], [1.0, 1.0], [0.5, 0.5]])


def test_an_embedding_trains() -> None:
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(5, 3), keras.layers.Flatten()])
    model.compile(SGD(0.5, momentum=0.9, nesterov=True), "mse")
    x = np.array([[0, 1], [2, 3]] * 4)
    losses = model.fit(x, np.zeros((8, 6)), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    untouched = _model_rows(model)[4]
    assert untouched.any()


def _model_rows(model: keras.Model) -> Array:
    rows: Array = model.get_weights()[0]
    return rows


def test_clipnorm_acts_before_the_update() -> None:
    variable = keras.Variable(np.float32([0.0, 0.0]))
    SGD(1.0, clipnorm=1.0).apply([tf.constant([3.0, 4.0])], [variable])
    np.testing.assert_allclose(variable.numpy(), [-0.6, -0.8], rtol=1e-6)


def test_accumulated_gradients_give_one_update_with_their_mean() -> None:
    variable = keras.Variable(np.float32([0.0]))
    optimizer = SGD(1.0, momentum=0.5, gradient_accumulation_steps=2)
    values = []
    for gradient in (1.0, 3.0, 1.0, 1.0):
        optimizer.apply([tf.constant([gradient])], [variable])
        values.append(float(variable.numpy()[0]))
    # means 2 and 1; b = 2, then 0.5 * 2 + 1
    assert values == [0.0, -2.0, -2.0, -4.0]


def test_accumulation_in_fit_is_the_update_of_the_whole_batch(regression: Any) -> None:
    x, y = regression
    whole, parts = (_model(SGD(0.05, momentum=0.9, gradient_accumulation_steps=steps)) for steps in (None, 2))
    whole.fit(x[:40], y[:40], batch_size=8, shuffle=False, verbose=0)
    parts.fit(x[:40], y[:40], batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_allclose(_weights(parts), _weights(whole), atol=1e-6)


def test_moving_average_of_the_weights_follows_the_update() -> None:
    variable = keras.Variable(np.float32([0.0]))
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        optimizer.apply([tf.constant([1.0])], [variable])
    optimizer.finalize_variable_values([variable])
    assert float(variable.numpy()[0]) == 0.5 * -1.0 + 0.5 * -2.0


def test_loss_scaling_wraps_it(regression: Any) -> None:
    model = _model(keras.optimizers.LossScaleOptimizer(SGD(0.05, momentum=0.9), initial_scale=8.0))
    np.testing.assert_allclose(
        _fitted(model, regression), _fitted(_model(SGD(0.05, momentum=0.9)), regression), atol=1e-6
    )


def test_a_keras_learning_rate_schedule_drives_it() -> None:
    variable = keras.Variable(np.float32([0.0]))
    optimizer = SGD(keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.25]))
    for _ in range(2):
        optimizer.apply([tf.constant([1.0])], [variable])
    assert float(variable.numpy()[0]) == -1.25


def test_a_saved_model_goes_on_identically(regression: Any, tmp_path: Path) -> None:
    model = _model(SGD(0.05, momentum=0.9, weight_decay=0.01, nesterov=True))
    _fitted(model, regression)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is SGD
    for mine, other in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    np.testing.assert_array_equal(_fitted(loaded, regression), _fitted(model, regression))


def test_config_round_trip_keeps_every_argument() -> None:
    optimizer = SGD(0.25, momentum=0.5, weight_decay=0.125, nesterov=True, name="ours", clipnorm=2.0)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(copy) is SGD
    assert copy.get_config() == optimizer.get_config()
    config = copy.get_config()
    expected = {"learning_rate": 0.25, "momentum": 0.5, "weight_decay": 0.125, "nesterov": True, "clipnorm": 2.0}
    assert {name: config[name] for name in expected} == expected


def test_an_integer_learning_rate_is_a_number() -> None:
    assert float(SGD(1).learning_rate.numpy()) == 1.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"learning_rate": -0.1}, "learning_rate must be finite and not negative, but got -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate must be finite and not negative, but got nan"),
        ({"momentum": -0.9}, "momentum must be finite and not negative, but got -0.9"),
        ({"momentum": 1.0}, "momentum must be less than 1, but got 1.0"),
        ({"weight_decay": float("inf")}, "weight_decay must be finite and not negative, but got inf"),
        ({"nesterov": True}, "momentum must be greater than 0 with nesterov, but got 0.0"),
    ],
)
def test_bad_arguments_are_named(options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        SGD(**options)
