"""Equal outputs, gradients and moving statistics of the two frameworks, in float64."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch.nn import functional

from lrcore.cifar.models import GUIDE, MODELS, RESNET9, ModelSpec, initial_weights
from lrcore.cifar.models.keras_model import build_keras_model, keras_variables, keras_weights
from lrcore.cifar.models.torch_model import build_torch_model, canonical_view, torch_layer, torch_tensors, torch_weights

BATCH_SIZE = 4
MODELS_WITHOUT_DROPOUT = pytest.mark.parametrize(
    "spec", [model.without_dropout() for model in MODELS.values()], ids=MODELS
)


def batch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(BATCH_SIZE, 32, 32, 3)), random.integers(0, 10, BATCH_SIZE)


def trained_weights(spec: ModelSpec) -> dict[str, np.ndarray]:
    """The initial weights, moved a little: no bias is 0, no gamma 1, and the moving statistics are not the start's."""
    random = np.random.default_rng(2)
    return {
        name: array if name.endswith("kernel") else array + random.uniform(0, 0.1, array.shape)
        for name, array in initial_weights(spec, 0).items()
    }


def build_both(spec: ModelSpec) -> tuple[torch.nn.Sequential, keras.Model]:
    weights = trained_weights(spec)
    return build_torch_model(spec, weights, torch.float64), build_keras_model(spec, weights, "float64")


def nchw(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def nhwc(outputs: torch.Tensor) -> np.ndarray:
    return (outputs.permute(0, 2, 3, 1) if outputs.dim() == 4 else outputs).numpy()


def assert_equal_arrays(actual: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], tolerance: float) -> None:
    """Equal within `tolerance` of the largest element of each array."""
    assert actual.keys() == expected.keys()
    for name in expected:
        atol = tolerance * np.abs(expected[name]).max()
        np.testing.assert_allclose(actual[name], expected[name], rtol=0, atol=atol, err_msg=name)


def torch_gradients(model: torch.nn.Sequential, images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    functional.cross_entropy(model(nchw(images)), torch.from_numpy(labels)).backward()
    gradients = {name: tensor.grad for name, tensor in torch_tensors(model).items() if tensor.requires_grad}
    return {name: canonical_view(gradient).numpy() for name, gradient in gradients.items()}


def keras_gradients(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    variables = {name: variable for name, variable in keras_variables(model).items() if variable.trainable}
    gradients = tape.gradient(loss, {name: variable.value for name, variable in variables.items()})
    return {name: gradient.numpy() for name, gradient in gradients.items()}


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_logits_are_equal_in_inference(spec: ModelSpec) -> None:
    torch_model, keras_model = build_both(spec)
    images, _ = batch(0)
    logits = torch_model.eval()(nchw(images)).detach().numpy()
    assert_equal_arrays({"logits": logits}, {"logits": keras_model(images, training=False).numpy()}, 1e-12)


@MODELS_WITHOUT_DROPOUT
def test_logits_are_equal_in_training(spec: ModelSpec) -> None:
    torch_model, keras_model = build_both(spec)
    images, _ = batch(0)
    logits = torch_model.train()(nchw(images)).detach().numpy()
    assert_equal_arrays({"logits": logits}, {"logits": keras_model(images, training=True).numpy()}, 1e-12)


@MODELS_WITHOUT_DROPOUT
def test_gradients_of_every_weight_are_equal(spec: ModelSpec) -> None:
    torch_model, keras_model = build_both(spec)
    images, labels = batch(0)
    expected = keras_gradients(keras_model, images, labels)
    gradients = torch_gradients(torch_model.train(), images, labels)
    # A bias in front of BatchNorm would have gradient 0: a ReLU stands between, or there is none. No gradient vanishes.
    assert all(np.abs(gradient).max() > 1e-6 for gradient in expected.values())
    assert_equal_arrays(gradients, expected, 1e-9)


@pytest.mark.parametrize("spec", [GUIDE.without_dropout(), RESNET9], ids=["guide", "resnet9"])
def test_moving_statistics_are_equal_after_three_batches(spec: ModelSpec) -> None:
    torch_model, keras_model = build_both(spec)
    torch_model.train()
    for seed in range(3):
        images, _ = batch(seed)
        torch_model(nchw(images))
        keras_model(images, training=True)
    start, expected = trained_weights(spec), keras_weights(keras_model)
    assert all(np.all(start[name] != expected[name]) for name in expected if "moving" in name)
    assert_equal_arrays(torch_weights(torch_model), expected, 1e-12)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_layer_has_the_same_output_under_the_same_name(spec: ModelSpec) -> None:
    torch_model, keras_model = build_both(spec)
    images, _ = batch(0)
    outputs: dict[str, np.ndarray] = {}
    for name in spec.layer_names:
        torch_layer(torch_model, name).register_forward_hook(
            lambda module, inputs, output, name=name: outputs.update({name: nhwc(output.detach())})
        )
    torch_model.eval()(nchw(images))
    taps = keras.Model(keras_model.input, {name: keras_model.get_layer(name).output for name in spec.layer_names})
    expected = {name: output.numpy() for name, output in taps(images, training=False).items()}
    assert_equal_arrays(outputs, expected, 1e-12)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_the_first_loss_is_near_chance_level(spec: ModelSpec) -> None:
    model = build_torch_model(spec.without_dropout(), initial_weights(spec, 0)).train()
    random = np.random.default_rng(0)
    images, labels = random.normal(size=(32, 32, 32, 3)).astype(np.float32), torch.arange(32) % 10
    assert functional.cross_entropy(model(nchw(images)), labels).item() == pytest.approx(np.log(10), abs=0.05)


def test_float32_logits_differ_only_by_rounding() -> None:
    weights = trained_weights(GUIDE)
    images, _ = batch(0)
    torch_model, keras_model = build_torch_model(GUIDE, weights).eval(), build_keras_model(GUIDE, weights)
    logits = torch_model(nchw(images.astype(np.float32))).detach().numpy()
    assert_equal_arrays({"logits": logits}, {"logits": keras_model(images.astype(np.float32)).numpy()}, 1e-5)
