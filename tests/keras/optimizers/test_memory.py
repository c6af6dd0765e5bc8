"""An update of SGD changes the variables and nothing that shares their memory, on every path of the backend in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.keras import SGD

Stepper = Callable[[Any, Any], Callable[[Any], None]]
SIZE = 100_000  # beyond what frameworks keep within a tensor object
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "momentum": {"momentum": 0.5},
    "decay": {"momentum": 0.5, "weight_decay": 0.5},
}
options = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())


def _read(variable: Any) -> Any:
    """A tensor that may share its memory with the variable; of torch, whose variables are tensors, a copy."""
    backend = keras.backend.backend()
    if backend == "torch":
        return keras.ops.copy(variable)
    return variable.value.read_value() if backend == "tensorflow" else variable.value


def _built(**arguments: Any) -> tuple[keras.Variable, SGD]:
    variable, optimizer = keras.Variable(np.ones(SIZE, np.float32)), SGD(0.5, **arguments)
    optimizer.build([variable])
    return variable, optimizer


@options
def test_values_that_were_read_before_do_not_change(stepper: Stepper, options: Any) -> None:
    variable, optimizer = _built(**options)
    step, kept = stepper(optimizer, [variable]), []
    for _ in range(3):
        for written in (variable, *optimizer.momentum_buffers):
            value = _read(written)
            kept.append((value, np.array(keras.ops.convert_to_numpy(value))))
        step([np.ones(SIZE, np.float32)])
    for value, expected in kept:
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(value), expected)
    assert (keras.ops.convert_to_numpy(variable) < 0.5).all()


@options
def test_an_assigned_tensor_does_not_change(stepper: Stepper, options: Any) -> None:
    variable, optimizer = _built(**options)
    step = stepper(optimizer, [variable])
    step([np.zeros(SIZE, np.float32)])
    assigned = keras.ops.full((SIZE,), 2.0)
    for written in (variable, *optimizer.momentum_buffers):
        written.assign(assigned)
        twin = keras.Variable(np.zeros(SIZE, np.float32))
        twin.assign(assigned)
    step([np.zeros(SIZE, np.float32)])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(assigned), np.full(SIZE, 2.0))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(twin), np.full(SIZE, 2.0))


def test_a_value_that_was_assigned_counts(stepper: Stepper) -> None:
    variable, optimizer = _built(momentum=0.5, weight_decay=0.5)
    step = stepper(optimizer, [variable])
    step([np.ones(SIZE, np.float32)])
    variable.assign(keras.ops.full((SIZE,), 8.0))
    optimizer.momentum_buffers[0].assign(keras.ops.full((SIZE,), 2.0))
    step([np.ones(SIZE, np.float32)])
    # b = 0.5 * 2 + 1 + 0.5 * 8
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), np.full(SIZE, 8 - 0.5 * 6))


@options
def test_gradients_do_not_change(stepper: Stepper, options: Any) -> None:
    variable, optimizer = _built(**options)
    gradient = keras.ops.ones((SIZE,))
    step = stepper(optimizer, [variable])
    for _ in range(2):
        step([gradient])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(gradient), np.ones(SIZE))


def test_one_tensor_may_be_the_gradient_of_two_variables(stepper: Stepper) -> None:
    variables = [keras.Variable(np.ones(SIZE, np.float32)) for _ in range(2)]
    optimizer = SGD(0.5, momentum=0.5, weight_decay=0.5)
    optimizer.build(variables)
    gradient = keras.ops.ones((SIZE,))
    stepper(optimizer, variables)([gradient, gradient])
    for variable in variables:
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), np.full(SIZE, 0.25))
