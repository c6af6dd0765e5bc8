"""The momentum of both optimizers under the names of the weights: read, written, and carried to the other framework."""

from __future__ import annotations

import re
from collections.abc import Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch.nn import functional

from lrcore.cifar.models import BatchNorm, Conv, Dense, Flatten, MaxPool, ModelSpec, Relu, Residual, initial_weights
from lrcore.cifar.models.keras_model import assign_keras_weights, build_keras_model, keras_weights, undecayed_variables
from lrcore.cifar.models.keras_state import assign_keras_momentum, keras_momentum
from lrcore.cifar.models.torch_model import (
    assign_torch_weights,
    build_torch_model,
    canonical_view,
    parameter_groups,
    torch_tensors,
    torch_weights,
)
from lrcore.cifar.models.torch_state import assign_torch_momentum, torch_momentum
from lrcore.keras import SGD as KerasSGD
from lrcore.torch import SGD as TorchSGD

SPEC = ModelSpec(
    "small",
    (
        Conv("conv1", 3, 4, 3, weight_decay=True),
        Relu(),
        MaxPool(8, 8),
        Residual((Conv("conv2", 4, 4, 3, bias=False), BatchNorm("norm2", 4))),
        Flatten(),
        Dense("dense1", 64, 10),
    ),
    weight_decay=1e-2,
)
TRAINABLE = [
    "conv1/kernel", "conv1/bias", "conv2/kernel", "norm2/gamma", "norm2/beta", "dense1/kernel", "dense1/bias",
]  # fmt: skip
LR = 0.125  # the same number in float32, which Keras' learning rate is
WEIGHTS = initial_weights(SPEC, 0)
MOMENTUM = {name: np.random.default_rng(1).normal(size=WEIGHTS[name].shape) for name in TRAINABLE}


TorchPair = tuple[torch.nn.Sequential, TorchSGD]
KerasPair = tuple[keras.Model, KerasSGD]


def torch_pair(momentum: float = 0.9) -> TorchPair:
    model = build_torch_model(SPEC, WEIGHTS, torch.float64).train()
    return model, TorchSGD(parameter_groups(model, SPEC), lr=LR, momentum=momentum, nesterov=momentum > 0)


def keras_pair(momentum: float = 0.9) -> KerasPair:
    model = build_keras_model(SPEC, WEIGHTS, "float64")
    optimizer = KerasSGD(LR, momentum=momentum, nesterov=momentum > 0, weight_decay=SPEC.weight_decay)
    optimizer.exclude_from_weight_decay(var_list=undecayed_variables(model, SPEC))
    return model, optimizer


def batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(4, 32, 32, 3)), random.integers(0, 10, 4)


def torch_update(model: torch.nn.Sequential, optimizer: TorchSGD, seed: int) -> None:
    images, labels = batch(seed)
    optimizer.zero_grad()
    logits = model(torch.from_numpy(images).permute(0, 3, 1, 2))
    functional.cross_entropy(logits, torch.from_numpy(labels)).backward()
    optimizer.step()


def keras_update(model: keras.Model, optimizer: KerasSGD, seed: int) -> None:
    images, labels = batch(seed)
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    variables = model.trainable_variables
    optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)


def assert_close(actual: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert list(actual) == list(expected)
    for name in expected:
        np.testing.assert_allclose(actual[name], expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


def assert_same(actual: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert list(actual) == list(expected)
    for name in expected:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


def test_momentum_is_0_before_the_first_update() -> None:
    model, optimizer = torch_pair()
    zeros = {name: np.zeros_like(WEIGHTS[name]) for name in TRAINABLE}
    assert_same(torch_momentum(model, optimizer), zeros)
    assert not optimizer.state
    assert_same(keras_momentum(*keras_pair()), zeros)


def test_momentum_after_one_update_is_the_decayed_gradient() -> None:
    model, optimizer = torch_pair()
    torch_update(model, optimizer, seed=0)
    gradients = {name: tensor.grad for name, tensor in torch_tensors(model).items() if tensor.grad is not None}
    expected = {name: canonical_view(gradient).numpy() for name, gradient in gradients.items()}
    expected["conv1/kernel"] = expected["conv1/kernel"] + 1e-2 * WEIGHTS["conv1/kernel"]
    assert_close(torch_momentum(model, optimizer), expected)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_both_optimizers_have_equal_momentum_after_three_updates(momentum: float) -> None:
    in_torch, in_keras = torch_pair(momentum), keras_pair(momentum)
    for seed in range(3):
        torch_update(*in_torch, seed)
        keras_update(*in_keras, seed)
    assert_close(keras_momentum(*in_keras), torch_momentum(*in_torch))


def test_momentum_carries_over_to_the_other_framework() -> None:
    whole = torch_pair()
    for seed in range(4):
        torch_update(*whole, seed)
    first, second, third = torch_pair(), keras_pair(), torch_pair()
    torch_update(*first, 0)
    assign_keras_weights(second[0], torch_weights(first[0]))
    assign_keras_momentum(*second, torch_momentum(*first))
    keras_update(*second, 1)
    keras_update(*second, 2)
    assign_torch_weights(third[0], keras_weights(second[0]))
    assign_torch_momentum(*third, keras_momentum(*second))
    torch_update(*third, 3)
    assert_close(torch_weights(third[0]), torch_weights(whole[0]))
    assert_close(torch_momentum(*third), torch_momentum(*whole))


def test_assigned_momentum_is_copied_into_existing_buffers() -> None:
    given = {name: array.copy() for name, array in MOMENTUM.items()}
    in_torch, in_keras = torch_pair(), keras_pair()
    torch_update(*in_torch, 0)
    buffer = in_torch[1].state[in_torch[0].get_parameter("conv1.weight")]["momentum_buffer"]
    assign_torch_momentum(*in_torch, given)
    assign_keras_momentum(*in_keras, given)
    for array in given.values():
        array += 1
    assert_same(torch_momentum(*in_torch), MOMENTUM)
    assert_same(keras_momentum(*in_keras), MOMENTUM)
    np.testing.assert_array_equal(buffer.numpy().transpose(2, 3, 1, 0), MOMENTUM["conv1/kernel"])


def test_returned_momentum_is_a_copy() -> None:
    in_torch, in_keras = torch_pair(), keras_pair()
    assign_torch_momentum(*in_torch, MOMENTUM)
    assign_keras_momentum(*in_keras, MOMENTUM)
    returned = torch_momentum(*in_torch), keras_momentum(*in_keras)
    torch_update(*in_torch, 0)
    keras_update(*in_keras, 0)
    for momentum in returned:
        assert_same(momentum, MOMENTUM)


def test_an_optimizer_without_momentum_stays_without() -> None:
    model, optimizer = keras_pair(momentum=0.0)
    assign_keras_momentum(model, optimizer, MOMENTUM)
    assert optimizer.momentum_buffers == []


def test_momentum_of_another_model_is_refused() -> None:
    in_torch, in_keras = torch_pair(), keras_pair()
    wrong = MOMENTUM | {"norm2/moving_mean": np.zeros(4)}
    message = "momentum must have the model's names, but differ in ['norm2/moving_mean']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign_torch_momentum(*in_torch, wrong)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign_keras_momentum(*in_keras, wrong)
    assert not in_torch[1].state
    assert not in_keras[1].built


def test_momentum_that_would_be_broadcast_is_refused() -> None:
    wrong = MOMENTUM | {"conv1/bias": np.zeros(1)}
    message = "momentum['conv1/bias'] must have shape (4,), but got (1,)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign_torch_momentum(*torch_pair(), wrong)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        assign_keras_momentum(*keras_pair(), wrong)


def test_the_optimizer_of_another_model_is_refused() -> None:
    message = "optimizer must hold every {} of the model, but lacks 'conv1/kernel'"
    with pytest.raises(ValueError, match=f"^{message.format('parameter')}$"):
        torch_momentum(torch_pair()[0], torch_pair()[1])
    other = keras_pair()
    other[1].build(other[0].trainable_variables)
    with pytest.raises(ValueError, match=f"^{message.format('variable')}$"):
        keras_momentum(keras_pair()[0], other[1])
