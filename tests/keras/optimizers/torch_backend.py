"""SGD on the torch backend: in place in the core, or in keras.ops."""

from __future__ import annotations

import copy
from typing import Any

import keras
import numpy as np
import pytest
import torch

from lrcore.keras import SGD


def _built(**arguments: Any) -> tuple[list[keras.Variable], SGD]:
    variables = [keras.Variable(np.ones((3, 4), np.float32)) for _ in range(2)]
    optimizer = SGD(0.5, momentum=0.5, **arguments)
    optimizer.build(variables)
    return variables, optimizer


def test_the_update_is_in_place_and_counted_by_autograd() -> None:
    variables, optimizer = _built()
    tensors = [variable.value for variable in variables]
    before = [(tensor.data_ptr(), tensor._version) for tensor in tensors]
    optimizer.apply([torch.ones(3, 4), torch.ones(3, 4)], variables)
    assert [(tensor.data_ptr(), tensor._version) for tensor in tensors] == [(at, count + 1) for at, count in before]
    assert all((tensor == 0.5).all() for tensor in tensors)


def test_a_backward_pass_through_an_old_weight_is_refused() -> None:
    variables, optimizer = _built()
    x = torch.ones(2, 3, requires_grad=True)
    loss = (x @ variables[0].value).square().sum()
    optimizer.apply([torch.ones(3, 4), torch.ones(3, 4)], variables)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_gradient_of_another_layout_is_used_without_a_copy() -> None:
    variables, optimizer = _built()
    gradient = torch.arange(12.0).reshape(4, 3).T
    optimizer.apply([gradient, torch.ones(3, 4)], variables)
    np.testing.assert_array_equal(variables[0].numpy(), 1 - 0.5 * gradient.numpy())
    np.testing.assert_array_equal(variables[1].numpy(), np.full((3, 4), 0.5))


def test_variables_that_are_not_on_the_host_take_keras_ops() -> None:
    with keras.device("meta"):
        elsewhere = keras.Variable(np.ones(2, np.float32))
    here = keras.Variable(np.ones(2, np.float32))
    optimizer = SGD(0.5)
    optimizer.build([here, elsewhere])
    gradients = [torch.ones(2), torch.ones(2, device="meta")]
    with torch.no_grad():
        optimizer.apply(gradients, [here, elsewhere])
        assert optimizer.path == "core"
        optimizer.apply(gradients[1:], [elsewhere])
        assert optimizer.path == "keras.ops"
    np.testing.assert_array_equal(here.numpy(), [0.5, 0.5])


def test_a_variable_whose_memory_moves_is_updated_where_it_is() -> None:
    variables, optimizer = _built()
    gradients = [torch.ones(3, 4), torch.ones(3, 4)]
    optimizer.apply(gradients, variables)
    old = variables[0].value.data
    variables[0].value.data = torch.full((3, 4), 8.0)
    optimizer.apply(gradients, variables)
    np.testing.assert_array_equal(variables[0].numpy(), np.full((3, 4), 8 - 0.75))
    np.testing.assert_array_equal(old.numpy(), np.full((3, 4), 0.5))


def test_a_stateless_update_leaves_the_tensors_that_it_is_given() -> None:
    _, optimizer = _built()
    given = [torch.full((3, 4), 4.0), torch.full((3, 4), 8.0)]
    state = [torch.clone(variable.value) for variable in optimizer.variables]
    new, _ = optimizer.stateless_apply(state, [torch.ones(3, 4)] * 2, given)
    assert optimizer.path == "keras.ops"
    assert [float(tensor[0, 0]) for tensor in (*given, *new)] == [4.0, 8.0, 3.5, 7.5]
    assert float(state[2][0, 0]) == 0.0


def test_a_copied_model_is_independent(regression: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(SGD(0.05, momentum=0.9), "mse")
    model.fit(*regression, batch_size=8, shuffle=False, verbose=0)
    other = copy.deepcopy(model)
    model.fit(*regression, batch_size=8, shuffle=False, verbose=0)
    assert (other.get_weights()[0] != model.get_weights()[0]).all()
    other.fit(*regression, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    assert other.optimizer.path == "core"


def test_a_compiled_update_is_the_same() -> None:
    variables, optimizer = _built()
    step = torch.compile(lambda gradients: optimizer.apply(gradients, variables), backend="eager")
    with torch.no_grad():
        for _ in range(2):
            step([torch.ones(3, 4), torch.ones(3, 4)])
    np.testing.assert_array_equal(variables[0].numpy(), np.full((3, 4), 1 - 0.5 - 0.75))
