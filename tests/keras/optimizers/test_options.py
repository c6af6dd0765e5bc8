"""SGD with everything that Keras' optimizers offer around an update, on every path of the backend in use."""

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


def _array(variable: Any) -> Array:
    array: Array = np.array(keras.ops.convert_to_numpy(variable))
    return array


def _values(stepper: Stepper, optimizer: Any, initial: list[float], gradients: list[list[float]]) -> list[list[float]]:
    """The variable after each update with one of the gradients."""
    variable = keras.Variable(np.float32(initial))
    optimizer.build([variable])
    step, values = stepper(optimizer, [variable]), []
    for gradient in gradients:
        step([np.float32(gradient)])
        values.append(_array(variable).tolist())
    return values


def test_clipnorm_acts_before_the_update(stepper: Stepper) -> None:
    values = _values(stepper, SGD(1.0, clipnorm=1.0), [0.0, 0.0], [[3.0, 4.0]])
    np.testing.assert_allclose(values, [[-0.6, -0.8]], rtol=1e-6)


def test_clipvalue_acts_before_the_decay(stepper: Stepper) -> None:
    values = _values(stepper, SGD(0.5, clipvalue=1.0, weight_decay=0.5), [8.0, 2.0], [[3.0, -4.0]])
    assert values == [[8 - 0.5 * (1 + 4), 2 - 0.5 * (-1 + 1)]]


def test_global_clipnorm_acts_on_all_variables_together(stepper: Stepper) -> None:
    variables = [keras.Variable(np.float32([0.0])) for _ in range(2)]
    optimizer = SGD(1.0, momentum=0.5, global_clipnorm=1.0)
    optimizer.build(variables)
    stepper(optimizer, variables)([np.float32([3.0]), np.float32([4.0])])
    np.testing.assert_allclose([_array(variable)[0] for variable in variables], [-0.6, -0.8], rtol=1e-6)


def test_accumulated_gradients_give_one_update_with_their_mean(stepper: Stepper) -> None:
    optimizer = SGD(1.0, momentum=0.5, gradient_accumulation_steps=2)
    # means 2 and 1; b = 2, then 0.5 * 2 + 1
    assert _values(stepper, optimizer, [0.0], [[1.0], [3.0], [1.0], [1.0]]) == [[0.0], [-2.0], [-2.0], [-4.0]]
    assert float(_array(optimizer.momentum_buffers[0])[0]) == 2.0


def test_the_moving_average_replaces_the_weights(stepper: Stepper) -> None:
    variable = keras.Variable(np.float32([0.0]))
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    optimizer.build([variable])
    step = stepper(optimizer, [variable])
    for _ in range(2):
        step([np.float32([1.0])])
    assert float(_array(variable)[0]) == -2.0
    optimizer.finalize_variable_values([variable])
    assert float(_array(variable)[0]) == 0.5 * -1.0 + 0.5 * -2.0


def test_moving_average_overwrites_the_weights_at_its_frequency(stepper: Stepper) -> None:
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    # averages -1, -1.5 (taken), 0.5 * -1.5 + 0.5 * -2.5 = -2, 0.5 * -2 + 0.5 * -3.5 = -2.75 (taken)
    assert _values(stepper, optimizer, [0.0], [[1.0]] * 4) == [[-1.0], [-1.5], [-2.5], [-2.75]]


def test_a_loss_scale_is_divided_out(loss_scale_mode: Any) -> None:
    variable, inner = keras.Variable(np.float32([0.0])), SGD(0.5, momentum=0.5, nesterov=True)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=8.0)
    optimizer.build([variable])
    step, values = loss_scale_mode.stepper(optimizer, [variable]), []
    for gradient in (8.0, np.inf, np.nan, 4.0):  # the scale is 8, 8, 4, 2
        step([np.float32([gradient])])
        values.append((float(_array(variable)[0]), float(_array(inner.momentum_buffers[0])[0])))
    # b = 1, 0.5 * 1 + 2; steps 0.5 * (1 + 0.5), 0.5 * (2 + 0.5 * 2.5)
    assert values == [(-0.75, 1.0), (-0.75, 1.0), (-0.75, 1.0), (-0.75 - 1.625, 2.5)]
    assert int(_array(inner.iterations)) == 2
    assert inner.path == loss_scale_mode.path


def test_a_learning_rate_schedule_drives_it(stepper: Stepper) -> None:
    optimizer = SGD(keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.25]))
    assert _values(stepper, optimizer, [0.0], [[1.0]] * 2) == [[-1.0], [-1.25]]


def test_a_new_learning_rate_holds_from_the_next_update(stepper: Stepper) -> None:
    variable, optimizer = keras.Variable(np.float32([0.0])), SGD(1.0, momentum=0.5)
    optimizer.build([variable])
    step = stepper(optimizer, [variable])
    for lr in (1.0, 0.25):
        optimizer.learning_rate = lr
        step([np.float32([1.0])])
    assert float(_array(variable)[0]) == -1.0 - 0.25 * 1.5


def test_excluded_variables_do_not_decay(stepper: Stepper) -> None:
    kernel, bias, other = (keras.Variable(np.float32([4.0]), name=name) for name in ("kernel", "bias", "other"))
    for arguments, decaying in (({"var_names": ["bias"]}, 1), ({"var_list": [bias]}, 1), ({}, 2)):
        optimizer = SGD(0.5, weight_decay=0.25)
        optimizer.exclude_from_weight_decay(**arguments)
        optimizer.build([kernel, bias, other])
        for variable in (kernel, bias, other):
            variable.assign([4.0])
        stepper(optimizer, [kernel, bias, other])([np.float32([0.0])] * 3)
        assert [float(_array(variable)[0]) for variable in (kernel, bias)] == [3.5, [None, 4.0, 3.5][decaying]]
        assert float(_array(other)[0]) == 3.5


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")
def test_a_variable_without_gradient_stays_as_it_is(stepper: Stepper) -> None:
    variables = [keras.Variable(np.float32([1.0])) for _ in range(3)]
    optimizer = SGD(0.5, momentum=0.5, weight_decay=0.5)
    optimizer.build(variables)
    step = stepper(optimizer, variables)
    step([np.float32([1.0]), None, np.float32([3.0])])
    step([np.float32([1.0]), np.float32([1.0]), None])
    # b = 1.5, then 0.75 + 1 + 0.125 on w = 0.25; without a past 1.5 on w = 1; 3.5 and then nothing
    assert [float(_array(variable)[0]) for variable in variables] == [0.25 - 0.9375, 0.25, -0.75]
    assert [float(_array(buffer)[0]) for buffer in optimizer.momentum_buffers] == [1.875, 1.5, 3.5]


def test_constraints_act_after_the_update(stepper: Stepper) -> None:
    variable, optimizer = keras.Variable(np.float32([1.0, 0.25])), SGD(1.0, momentum=0.5)
    variable.constraint = keras.constraints.NonNeg()
    optimizer.build([variable])
    stepper(optimizer, [variable])([np.float32([0.5, 0.5])])
    np.testing.assert_array_equal(_array(variable), [0.5, 0.0])


def test_two_optimizers_in_one_process_do_not_meet(stepper: Stepper) -> None:
    variables = [keras.Variable(np.float32([0.0])) for _ in range(2)]
    steps = []
    for momentum, variable in zip((0.5, 0.25), variables, strict=True):
        optimizer = SGD(1.0, momentum=momentum)
        optimizer.build([variable])
        steps.append(stepper(optimizer, [variable]))
    for _ in range(2):
        for step in steps:
            step([np.float32([1.0])])
    assert [float(_array(variable)[0]) for variable in variables] == [-2.5, -2.25]


def test_path_is_none_before_the_first_update(stepper: Stepper, path: str) -> None:
    variable, optimizer = keras.Variable(np.float32([0.0])), SGD(1.0)
    optimizer.build([variable])
    assert optimizer.path is None
    stepper(optimizer, [variable])([np.float32([1.0])])
    assert optimizer.path == path
