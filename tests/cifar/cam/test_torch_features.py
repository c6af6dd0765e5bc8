"""Features and gradients of PyTorch models: any model, and nothing changed in it."""

from __future__ import annotations

import random
import re
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from lrcore.cifar.cam import hires_cam
from lrcore.cifar.cam.torch_features import feature_gradients, spatial_layers

IMAGES = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype(np.float32)
CLASSES = [4, 0, 9]


class Restless(nn.Module):
    """Counts its calls in a buffer, always draws random numbers, and raises when it is told to."""

    calls: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))
        self.raises = False

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.raises:
            raise ArithmeticError("told to")
        return functional.dropout(inputs, 0.1, training=True) + random.random() + np.random.rand()


def restless_model() -> nn.Sequential:
    """In training but for one module, with a gradient here and none there, and one frozen parameter."""
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
    model = nn.Sequential(conv, norm, nn.ReLU(inplace=True), Restless(), nn.Flatten(), nn.Linear(144, 10))
    norm.eval()
    conv.weight.grad = torch.randn_like(conv.weight)
    norm.weight.requires_grad_(False)
    conv.register_forward_hook(lambda module, inputs, output: None)
    return model


def state(model: nn.Module) -> list[Any]:
    tensors = [*model.parameters(), *model.buffers()]
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [
        [tensor.detach().numpy().copy() for tensor in tensors],
        [(id(tensor), tensor.requires_grad, tensor._version) for tensor in tensors],
        [None if parameter.grad is None else parameter.grad.numpy().copy() for parameter in model.parameters()],
        [(id(module), module.training) for module in model.modules()],
        [[list(getattr(module, name).items()) for name in hooks] for module in model.modules()],
        [list(vars(module)) for module in model.modules()],
        (torch.get_rng_state().numpy(), np.random.get_state()[1], random.getstate(), torch.is_grad_enabled()),
    ]


@pytest.mark.parametrize("layer", ["0", "3"])
def test_the_model_is_left_as_it_was(layer: str) -> None:
    model = restless_model()
    before = state(model)
    assert len({training for _, training in before[3]}) == 2
    feature_gradients(model, layer, IMAGES, CLASSES)
    spatial_layers(model, IMAGES)
    np.testing.assert_equal(state(model), before)


def test_the_model_is_left_as_it_was_when_it_raises() -> None:
    model = restless_model()
    model[3].raises = True
    before = state(model)
    with pytest.raises(ArithmeticError, match="told to"):
        feature_gradients(model, "0", IMAGES, CLASSES)
    np.testing.assert_equal(state(model), before)


def test_the_model_is_left_as_it_was_when_an_argument_is_refused() -> None:
    model = restless_model()
    before = state(model)
    with pytest.raises(ValueError, match="layer must"):
        feature_gradients(model, "conv", IMAGES, CLASSES)
    with pytest.raises(ValueError, match="classes must"):
        feature_gradients(model, "0", IMAGES, [0, 1, 10])
    np.testing.assert_equal(state(model), before)


def test_a_backward_pass_of_the_caller_continues() -> None:
    model = restless_model()
    loss = model(torch.from_numpy(IMAGES).permute(0, 3, 1, 2)).square().sum()
    feature_gradients(model, "0", IMAGES, CLASSES)
    loss.backward()


def plain_model() -> nn.Sequential:
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    return nn.Sequential(block, nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 10))


def expected_gradients(model: nn.Sequential) -> list[np.ndarray]:
    """By plain autograd, with the model cut in two at the end of its first block."""
    model.eval()
    features = model[0](torch.from_numpy(IMAGES).permute(0, 3, 1, 2)).detach().requires_grad_()
    scores = model[1:](features)[torch.arange(3), torch.tensor(CLASSES)]
    (gradients,) = torch.autograd.grad(scores.sum(), features)
    return [features.detach().permute(0, 2, 3, 1).numpy(), gradients.permute(0, 2, 3, 1).numpy()]


@pytest.mark.parametrize("layer", ["0", "0.2"])
def test_a_block_and_its_last_layer_match_plain_autograd(layer: str) -> None:
    model = plain_model()
    found = feature_gradients(model, layer, IMAGES, CLASSES)
    features, gradients = expected_gradients(model)
    np.testing.assert_array_equal(found.features, features)
    np.testing.assert_array_equal(found.gradients, gradients)
    assert (found.gradients.dtype, found.gradients.flags.c_contiguous) == (np.float32, True)


def test_an_inplace_layer_does_not_overwrite_the_features() -> None:
    found = feature_gradients(plain_model(), "0.1", IMAGES, CLASSES)
    assert found.features.min() < 0


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_come_also_where_the_caller_asked_for_none(context: Any) -> None:
    expected = feature_gradients(plain_model(), "0", IMAGES, CLASSES).gradients
    with context():
        model = plain_model()  # in inference mode, of tensors that autograd refuses
        np.testing.assert_array_equal(feature_gradients(model, "0", IMAGES, CLASSES).gradients, expected)
    np.testing.assert_array_equal(feature_gradients(model, "0", IMAGES, CLASSES).gradients, expected)


def test_a_frozen_model_gives_the_same() -> None:
    expected = feature_gradients(plain_model(), "0", IMAGES, CLASSES).gradients
    frozen = plain_model().requires_grad_(False)
    np.testing.assert_array_equal(feature_gradients(frozen, "0", IMAGES, CLASSES).gradients, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_model_of_16_bits_gives_nearly_the_same_map_in_float32(dtype: torch.dtype) -> None:
    expected = hires_cam(feature_gradients(plain_model(), "0", IMAGES, CLASSES))
    found = feature_gradients(plain_model().to(dtype), "0", IMAGES, CLASSES)
    assert found.features.dtype == found.gradients.dtype == found.logits.dtype == np.float32
    np.testing.assert_allclose(hires_cam(found).heat, expected.heat, rtol=0, atol=0.05)


def test_images_of_16_bits_are_taken() -> None:
    expected = feature_gradients(plain_model(), "0", IMAGES.astype(np.float16).astype(np.float32), CLASSES)
    found = feature_gradients(plain_model(), "0", IMAGES.astype(np.float16), CLASSES)
    np.testing.assert_array_equal(found.gradients, expected.gradients)


def test_read_only_and_flipped_images_are_taken() -> None:
    flipped = IMAGES[:, :, ::-1]
    flipped.flags.writeable = False
    expected = feature_gradients(plain_model(), "0", flipped.copy(), CLASSES)
    found = feature_gradients(plain_model(), "0", flipped, CLASSES)
    np.testing.assert_array_equal(found.gradients, expected.gradients)


def test_a_unique_layer_name_needs_no_path() -> None:
    inner = [
        nn.Sequential(OrderedDict(own=nn.Conv2d(3, 3, 1), both=nn.ReLU())),
        nn.Sequential(OrderedDict(both=nn.Conv2d(3, 3, 1))),
    ]
    model = nn.Sequential(*inner, nn.Flatten(), nn.Linear(192, 10))
    full, short = (feature_gradients(model, name, IMAGES, CLASSES) for name in ("0.own", "own"))
    np.testing.assert_array_equal(short.features, full.features)
    np.testing.assert_array_equal(short.gradients, full.gradients)
    layers = "0 (8x8), 0.own (8x8), 0.both (8x8), 1 (8x8), 1.both (8x8)"
    sentence = f"layer must be one with a spatial map, of {layers}, got 'both'"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        feature_gradients(model, "both", IMAGES, CLASSES)


def test_a_layer_that_the_logits_do_not_depend_on_has_gradient_0() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(192, 10)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            self.conv(inputs)
            logits: torch.Tensor = self.head(inputs.flatten(1))
            return logits

    found = feature_gradients(Model(), "conv", IMAGES, CLASSES)
    assert np.all(found.gradients == 0)
    assert np.all(hires_cam(found).empty)


def test_the_layers_with_a_map_are_those_that_run_once() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.conv2, self.relu = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.ReLU()
            self.unused, self.pool, self.head = nn.Conv2d(3, 4, 3), nn.AvgPool2d(4), nn.Linear(4, 10)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            features = self.relu(self.conv2(self.relu(self.conv1(inputs))))
            logits: torch.Tensor = self.head(self.pool(features).flatten(1))
            return logits

    assert spatial_layers(Model(), IMAGES) == {"conv1": (6, 6), "conv2": (4, 4)}
    for layer in ("relu", "unused", "pool", "head", "conv3", ""):
        sentence = rf"^layer must be one with a spatial map, of conv1 \(6x6\), conv2 \(4x4\), got '{layer}'$"
        with pytest.raises(ValueError, match=sentence):
            feature_gradients(Model(), layer, IMAGES, CLASSES)


def test_a_model_without_maps_has_no_layer_to_explain() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 10))
    with pytest.raises(ValueError, match=r"^layer must be one with a spatial map, of which there are none, got '0'$"):
        feature_gradients(model, "0", IMAGES, CLASSES)


def test_a_model_whose_output_is_a_map_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^model must give logits of shape \(3, classes\), but gave \(3, 4, 6, 6\)$"):
        feature_gradients(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), "0", IMAGES, CLASSES)
