"""Class activation maps of the CIFAR models in both frameworks."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import torch

from lrcore.cifar.cam import METHODS, grad_cam, hires_cam
from lrcore.cifar.cam.keras_features import feature_gradients as keras_feature_gradients
from lrcore.cifar.cam.keras_features import spatial_layers as keras_spatial_layers
from lrcore.cifar.cam.torch_features import feature_gradients as torch_feature_gradients
from lrcore.cifar.cam.torch_features import spatial_layers as torch_spatial_layers
from lrcore.cifar.models import GUIDE, MODELS, QUICK, ModelSpec, cam_layer, initial_weights, output_shapes
from lrcore.cifar.models.keras_model import build_keras_model
from lrcore.cifar.models.torch_model import build_torch_model

IMAGES = np.random.default_rng(0).normal(size=(4, 32, 32, 3)).astype(np.float32)
CLASSES = [3, 5, 0, 9]


def trained_weights(spec: ModelSpec, seed: int = 0) -> dict[str, np.ndarray]:
    """The initial weights, moved a little: no bias is 0, no gamma 1, and the moving statistics are not the start's."""
    random = np.random.default_rng(seed)
    return {name: array + random.normal(0, 0.02, array.shape) for name, array in initial_weights(spec, seed).items()}


@cache
def both_models(name: str) -> tuple[torch.nn.Module, keras.Model]:
    spec = MODELS[name]
    weights = trained_weights(spec)
    return build_torch_model(spec, weights), build_keras_model(spec, weights)


@pytest.mark.parametrize(
    ("name", "layer"), [("guide", cam_layer(GUIDE)), ("quick", cam_layer(QUICK)), ("resnet9", "relu7")]
)
def test_both_frameworks_give_the_same_map_for_the_same_weights(name: str, layer: str) -> None:
    spec, (torch_model, keras_model) = MODELS[name], both_models(name)
    found = torch_feature_gradients(torch_model, layer, IMAGES, CLASSES)
    other = keras_feature_gradients(keras_model, layer, IMAGES, CLASSES)
    assert (found.resolution, other.resolution) == (output_shapes(spec)[layer][:2],) * 2
    for method in METHODS.values():
        maps, expected = method(found), method(other)
        scale = np.abs(expected.raw).max(axis=(1, 2), keepdims=True)
        np.testing.assert_allclose(maps.raw / scale, expected.raw / scale, rtol=0, atol=1e-4)
        np.testing.assert_allclose(maps.heat, expected.heat, rtol=0, atol=1e-4)
        np.testing.assert_array_equal(maps.empty, expected.empty)


def test_both_frameworks_list_the_same_layers_with_a_map() -> None:
    torch_model, keras_model = both_models("resnet9")
    shapes = output_shapes(MODELS["resnet9"])
    expected = {name: shape[:2] for name, shape in shapes.items() if len(shape) == 3 and shape[0] > 1}
    assert keras_spatial_layers(keras_model, IMAGES) == expected
    paths = torch_spatial_layers(torch_model, IMAGES)
    assert {path.rpartition(".")[2]: resolution for path, resolution in paths.items()} == expected


@pytest.mark.parametrize(("spec", "bias"), [(GUIDE, "conv9/bias"), (QUICK, None)], ids=["guide", "quick"])
def test_hires_cam_of_the_default_layer_sums_to_the_logit(spec: ModelSpec, bias: str | None) -> None:
    """In float64: after that layer come pools and linear layers alone."""
    weights = trained_weights(spec)
    found = torch_feature_gradients(build_torch_model(spec, weights, torch.float64), cam_layer(spec), IMAGES, CLASSES)
    if bias is None:
        biases = weights["dense1/bias"] @ weights["dense2/kernel"] + weights["dense2/bias"]
    else:
        biases = weights[bias]
    logits = found.logits[np.arange(4), CLASSES]
    np.testing.assert_allclose(hires_cam(found).raw.sum(axis=(1, 2)) + biases[CLASSES], logits, rtol=1e-12)


def test_grad_cam_of_the_guides_last_map_equals_cam() -> None:
    """Zhou et al. 2016: conv9 gives one map per class, and the logit is its mean."""
    weights = trained_weights(GUIDE)
    found = torch_feature_gradients(build_torch_model(GUIDE, weights), "conv9", IMAGES, CLASSES)
    own_maps = found.features.transpose(0, 3, 1, 2)[np.arange(4), CLASSES]
    np.testing.assert_allclose(grad_cam(found).raw, own_maps / 16, rtol=1e-6)
    np.testing.assert_allclose(hires_cam(found).raw, own_maps / 16, rtol=1e-6)


@pytest.mark.parametrize("layer", ["conv1", "conv9"])
def test_first_and_last_layer_weights_change_the_map(layer: str) -> None:
    """The sanity check of Adebayo et al. 2018, arXiv 1810.03292, which methods that find edges fail."""
    weights = trained_weights(GUIDE)
    changed = {**weights, f"{layer}/kernel": trained_weights(GUIDE, seed=1)[f"{layer}/kernel"]}
    models = (build_torch_model(GUIDE, each) for each in (weights, changed))
    maps = [grad_cam(torch_feature_gradients(model, "norm8", IMAGES, CLASSES)).raw.reshape(4, -1) for model in models]
    correlations = [np.corrcoef(before, after)[0, 1] for before, after in zip(*maps, strict=True)]
    assert np.median(np.abs(correlations)) < 0.9
