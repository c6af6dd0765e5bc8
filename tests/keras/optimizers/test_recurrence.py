"""SGD's update is DESIGN's recurrence, on every path of whatever backend KERAS_BACKEND names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from lrcore.keras import SGD

Array = npt.NDArray[np.floating[Any]]
Stepper = Callable[[Any, Any], Callable[[Any], None]]

SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "decay": {"weight_decay": 0.01},
    "momentum": {"momentum": 0.9},
    "momentum and decay": {"momentum": 0.9, "weight_decay": 0.01},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "nesterov and decay": {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
}
LRS = [0.1, 0.02, 0.3, 0.3, 0.001]
SHAPES = [(3, 5), (7,), (), (2, 3, 4), (0,), (67, 31)]
DTYPES = ["float32"] if keras.backend.backend() == "jax" else ["float32", "float64"]  # JAX has no float64 by default
settings = pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())


def _step(p: Array, b: Array, grad: Array, lr: float, options: dict[str, Any]) -> tuple[Array, Array, Array]:
    """One step in NumPy, every operation rounded to the dtype of `p`, and lr * (|g| + momentum * |b|)."""
    scalar = p.dtype.type
    momentum, decay, rate = scalar(options.get("momentum", 0)), scalar(options.get("weight_decay", 0)), scalar(lr)
    g = grad + decay * p if decay else grad
    b = momentum * b + g
    update = g + momentum * b if options.get("nesterov") else b
    return p - rate * update, b, rate * (abs(g) + momentum * abs(b))


def _array(variable: Any) -> Array:
    array: Array = np.array(keras.ops.convert_to_numpy(variable))
    return array


@settings
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_step_is_the_recurrence(mode: Any, options: Any, dtype: str) -> None:
    generator = np.random.default_rng(1)
    variables = [keras.Variable(np.asarray(generator.normal(size=shape), dtype), dtype=dtype) for shape in SHAPES]
    optimizer = SGD(0.5, **options)
    optimizer.build(variables)
    step, eps = mode.stepper(optimizer, variables), np.finfo(dtype).eps
    for lr in np.float32(LRS):
        before = [_array(variable) for variable in variables]
        buffers = [_array(buffer) for buffer in optimizer.momentum_buffers] or [np.zeros_like(p) for p in before]
        gradients = [np.asarray(generator.normal(size=shape), dtype) for shape in SHAPES]
        optimizer.learning_rate = lr
        step(gradients)
        for i, (p, b, gradient) in enumerate(zip(before, buffers, gradients, strict=True)):
            new_p, new_b, size = _step(p, b, gradient, lr, options)
            # Two roundings of the step that differ: three times u = eps / 2 of its terms and one of the result, each.
            bound = 0.0 if _is_exact(mode, options) else eps * (3 * size + abs(new_p))
            assert (abs(_array(variables[i]) - new_p) <= bound).all()
            if optimizer.momentum:
                bound = eps * (abs(new_b) + 2 * abs(gradient) + 0.02 * abs(p)) if mode.in_xla else 0.0
                assert (abs(_array(optimizer.momentum_buffers[i]) - new_b) <= bound).all()
    assert optimizer.path == mode.path


def _is_exact(mode: Any, options: dict[str, Any]) -> bool:
    """XLA contracts multiplications and additions; TensorFlow's operation multiplies g and b by lr before adding."""
    return not (mode.in_xla or (mode.path == "tensorflow" and "nesterov" in options))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bit_variables_have_float32_momentum(stepper: Stepper, dtype: str) -> None:
    variable = keras.Variable([1.0, -2.0, 0.0], dtype=dtype)
    optimizer = SGD(0.5, momentum=0.5, nesterov=True)
    optimizer.build([variable])
    step = stepper(optimizer, [variable])
    gradient = keras.ops.cast([1.0, 1.0, 2.0**-14], dtype)
    for _ in range(3):
        step([gradient])
    # b = 1, 1.5, 1.75 times the gradient; steps 0.5 * (1 + 0.5), 0.5 * (1 + 0.75), 0.5 * (1 + 0.875) times it.
    assert keras.backend.standardize_dtype(optimizer.momentum_buffers[0].dtype) == "float32"
    np.testing.assert_array_equal(_array(optimizer.momentum_buffers[0]), [1.75, 1.75, 1.75 * 2.0**-14])
    ulp = 2.0**-7 if dtype == "bfloat16" else 2.0**-10
    exact = np.array([1 - 2.5625, -2 - 2.5625, -2.5625 * 2.0**-14])
    widened = np.array(keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32")))
    np.testing.assert_allclose(widened, exact, rtol=3 * ulp)


def test_momentum_of_float16_variables_has_float32_precision(stepper: Stepper) -> None:
    variable = keras.Variable([0.0], dtype="float16")
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([variable])
    step = stepper(optimizer, [variable])
    for gradient in (1.0, 2.0**-12):
        step([keras.ops.cast([gradient], "float16")])
    assert float(_array(optimizer.momentum_buffers[0])[0]) == 0.5 + 2.0**-12  # in float16 it would be 0.5


def test_variables_of_two_dtypes_in_one_optimizer(stepper: Stepper) -> None:
    first, second = keras.Variable(np.float32([1.0, 2.0])), keras.Variable([3.0], dtype="bfloat16")
    optimizer = SGD(0.5)
    optimizer.build([first, second])
    stepper(optimizer, [first, second])([np.float32([1.0, 1.0]), keras.ops.cast([1.0], "bfloat16")])
    np.testing.assert_array_equal(_array(first), [0.5, 1.5])
    assert float(_array(second)[0]) == 2.5


@settings
def test_inf_and_nan_affect_only_their_own_elements(stepper: Stepper, options: Any) -> None:
    variable = keras.Variable(np.ones(40, np.float32))
    optimizer = SGD(0.5, **options)
    optimizer.build([variable])
    step = stepper(optimizer, [variable])
    gradient = np.ones(40, np.float32)
    gradient[[3, 20, 39]] = np.inf, -np.inf, np.nan
    step([gradient])
    p = _array(variable)
    assert (p[3], p[20]) == (-np.inf, np.inf)
    assert np.isnan(p[39])
    assert np.isfinite(np.delete(p, [3, 20, 39])).all()
    step([np.ones(40, np.float32)])
    # As in torch: with a decay, inf * decay keeps its sign; with momentum b stays infinite.
    assert np.isfinite(np.delete(_array(variable), [3, 20, 39])).all()
    assert not np.isfinite(_array(variable)[[3, 20, 39]]).any()


def test_a_gradient_is_rounded_to_the_dtype_of_its_variable(stepper: Stepper) -> None:
    variable = keras.Variable(np.float32([1.0]))
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([variable])
    stepper(optimizer, [variable])([keras.ops.cast([0.5], "float16")])
    np.testing.assert_array_equal(_array(variable), [0.75])
