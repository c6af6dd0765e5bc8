"""Class activation maps of small models whose maps are known in closed form, in float64, from both frameworks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch import nn

from lrcore.cifar.cam import METHODS, FeatureGradients, grad_cam, hires_cam
from lrcore.cifar.cam.keras_features import feature_gradients as keras_feature_gradients
from lrcore.cifar.cam.torch_features import feature_gradients as torch_feature_gradients

HEIGHT, WIDTH, FEATURES, CLASSES = 6, 5, 4, 10
PLACES = HEIGHT * WIDTH

random = np.random.default_rng(0)
IMAGES = random.normal(size=(7, HEIGHT, WIDTH, 3))
CHOSEN = np.array([0, 3, 9, 3, 1, 7, 2])
KERNEL, BIAS = random.normal(size=(3, FEATURES)), random.normal(size=FEATURES)  # of a 1x1 convolution
MAP = np.maximum(IMAGES @ KERNEL + BIAS, 0)
HEAD_BIAS = random.normal(size=CLASSES)
HEAD_KERNELS = {
    "averaging": random.normal(size=(FEATURES, CLASSES)),
    "flattening": random.normal(size=(PLACES * FEATURES, CLASSES)),  # rows in the order height, width, features
}
LOGITS = {
    "averaging": MAP.mean(axis=(1, 2)) @ HEAD_KERNELS["averaging"] + HEAD_BIAS,
    "flattening": MAP.reshape(len(MAP), -1) @ HEAD_KERNELS["flattening"] + HEAD_BIAS,
}
NEEDED_SHAPE = "images must have shape (N, height, width, channels), N at least 1"
FRAMEWORKS = pytest.mark.parametrize("framework", ["torch", "keras"])
HEADS = pytest.mark.parametrize("head", ["averaging", "flattening"])

FeatureGradientsOf = Callable[[np.ndarray, Any], FeatureGradients]


def torch_model(head: str, kernel: np.ndarray) -> nn.Module:
    pool: nn.Module = nn.AdaptiveAvgPool2d(1)
    if head == "flattening":
        pool, kernel = nn.Identity(), kernel.reshape(PLACES, FEATURES, -1).swapaxes(0, 1).reshape(len(kernel), -1)
    layers = [nn.Conv2d(3, FEATURES, 1), nn.ReLU(), pool, nn.Flatten(), nn.Linear(*kernel.shape)]
    model = nn.Sequential(*layers).double()
    values = (KERNEL.T[:, :, None, None], BIAS, kernel.T, HEAD_BIAS)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(torch.from_numpy(value.copy()))
    return model


def keras_model(head: str, kernel: np.ndarray) -> keras.Model:
    pools = {"averaging": keras.layers.GlobalAveragePooling2D, "flattening": keras.layers.Flatten}
    layers = [
        keras.layers.Conv2D(FEATURES, 1, dtype="float64"),
        keras.layers.ReLU(name="1", dtype="float64"),
        pools[head](dtype="float64"),
        keras.layers.Dense(CLASSES, dtype="float64"),
    ]
    model = keras.Sequential([keras.Input((HEIGHT, WIDTH, 3), dtype="float64"), *layers])
    model.set_weights([KERNEL[None, None], BIAS, kernel, HEAD_BIAS])
    return model


def gradients_of(framework: str, head: str, kernel: np.ndarray | None = None) -> FeatureGradientsOf:
    kernel = HEAD_KERNELS[head] if kernel is None else kernel
    if framework == "torch":
        return partial(torch_feature_gradients, torch_model(head, kernel), "1")
    return partial(keras_feature_gradients, keras_model(head, kernel), "1")


def assert_close(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.dtype == np.float64
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


@FRAMEWORKS
@HEADS
def test_features_and_logits_are_those_of_the_model(framework: str, head: str) -> None:
    found = gradients_of(framework, head)(IMAGES, CHOSEN)
    assert_close(found.features, MAP)
    assert_close(found.logits, LOGITS[head])
    assert (found.layer, found.resolution) == ("1", (HEIGHT, WIDTH))


@FRAMEWORKS
def test_the_gradient_of_an_averaging_head_is_kernel_per_position(framework: str) -> None:
    found = gradients_of(framework, "averaging")(IMAGES, CHOSEN)
    expected = np.broadcast_to(HEAD_KERNELS["averaging"].T[CHOSEN, None, None] / PLACES, MAP.shape)
    assert_close(found.gradients, expected)


@FRAMEWORKS
def test_the_gradient_of_a_flattening_head_is_its_kernel(framework: str) -> None:
    found = gradients_of(framework, "flattening")(IMAGES, CHOSEN)
    assert_close(found.gradients, HEAD_KERNELS["flattening"].T[CHOSEN].reshape(MAP.shape))


@FRAMEWORKS
@pytest.mark.parametrize("method", METHODS)
def test_both_maps_of_an_averaging_head_are_cam_per_position(framework: str, method: str) -> None:
    cam = np.einsum("nhwk,kn->nhw", MAP, HEAD_KERNELS["averaging"][:, CHOSEN])
    maps = METHODS[method](gradients_of(framework, "averaging")(IMAGES, CHOSEN))
    assert_close(maps.raw, cam / PLACES)
    assert (maps.layer, maps.method) == ("1", method)


@FRAMEWORKS
@HEADS
def test_hires_cam_adds_up_to_the_logit_less_its_bias(framework: str, head: str) -> None:
    raw = hires_cam(gradients_of(framework, head)(IMAGES, CHOSEN)).raw
    assert_close(raw.sum(axis=(1, 2)) + HEAD_BIAS[CHOSEN], LOGITS[head][np.arange(7), CHOSEN])


@FRAMEWORKS
def test_grad_cam_of_a_flattening_head_uses_the_mean_kernel(framework: str) -> None:
    raw = grad_cam(gradients_of(framework, "flattening")(IMAGES, CHOSEN)).raw
    mean_kernel = HEAD_KERNELS["flattening"].reshape(PLACES, FEATURES, CLASSES).mean(axis=0)
    assert_close(raw, np.einsum("nhwk,kn->nhw", MAP, mean_kernel[:, CHOSEN]))
    missed = raw.sum(axis=(1, 2)) + HEAD_BIAS[CHOSEN] - LOGITS["flattening"][np.arange(7), CHOSEN]
    assert np.abs(missed).max() > 1  # so that it does not say where the logit comes from


@FRAMEWORKS
@HEADS
@pytest.mark.parametrize("method", METHODS)
def test_the_maps_of_a_batch_are_those_of_each_image(framework: str, head: str, method: str) -> None:
    gradients, cam = gradients_of(framework, head), METHODS[method]
    batch = cam(gradients(IMAGES, CHOSEN))
    for index, chosen in enumerate(CHOSEN):
        single = cam(gradients(IMAGES[index : index + 1], [chosen]))
        assert_close(single.raw, batch.raw[index : index + 1])
        np.testing.assert_allclose(single.heat, batch.heat[index : index + 1], rtol=0, atol=1e-6)


@FRAMEWORKS
@HEADS
@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_nothing_speaks_for_has_an_empty_map(framework: str, head: str, method: str) -> None:
    kernel = np.abs(HEAD_KERNELS[head])
    kernel[:, 3], kernel[:, 7] = 0, -1  # no gradient at all, and evidence against it everywhere
    maps = METHODS[method](gradients_of(framework, head, kernel)(IMAGES, CHOSEN))
    expected = np.isin(CHOSEN, [3, 7])
    np.testing.assert_array_equal(maps.empty, expected)
    np.testing.assert_array_equal(maps.heat.max(axis=(1, 2)), np.where(expected, 0, 1))
    assert np.all(maps.raw[CHOSEN == 3] == 0)
    assert np.all(maps.raw[CHOSEN == 7].min(axis=(1, 2)) < 0)


@FRAMEWORKS
def test_a_model_that_gives_probabilities_is_refused(framework: str) -> None:
    if framework == "torch":
        model: Any = nn.Sequential(*torch_model("averaging", HEAD_KERNELS["averaging"]), nn.Softmax(dim=1))
        gradients = partial(torch_feature_gradients, model, "1")
    else:
        model = keras_model("averaging", HEAD_KERNELS["averaging"])
        model.layers[-1].activation = keras.activations.softmax
        gradients = partial(keras_feature_gradients, model, "1")
    with pytest.raises(ValueError, match=r"^model must give logits, but gave probabilities: leave the softmax to the"):
        gradients(IMAGES, CHOSEN)


@FRAMEWORKS
def test_a_confident_logit_has_a_gradient_unlike_its_softmax(framework: str) -> None:
    kernel = 1e6 * HEAD_KERNELS["averaging"]
    found = gradients_of(framework, "averaging", kernel)(IMAGES, CHOSEN)
    largest = np.sort(found.logits, axis=1)
    assert np.all(largest[:, -1] - largest[:, -2] > 1000)  # a softmax would be 1 and 0 exactly
    assert_close(
        found.gradients / 1e6, np.broadcast_to(HEAD_KERNELS["averaging"].T[CHOSEN, None, None] / PLACES, MAP.shape)
    )


@FRAMEWORKS
@pytest.mark.parametrize(
    ("images", "classes", "error", "sentence"),
    [
        (IMAGES, [0], ValueError, "classes must be 7 integers, one per image, but got int64 (1,)"),
        (IMAGES, CHOSEN + 0.5, ValueError, "classes must be 7 integers, one per image, but got float64 (7,)"),
        (IMAGES[:1], [10], ValueError, "classes must be 0 to 9, but got 10"),
        (IMAGES[:1], [-1], ValueError, "classes must be 0 to 9, but got -1"),
        (IMAGES.astype(np.uint8), CHOSEN, TypeError, "images must be standardised, in floating point, but got uint8"),
        (IMAGES[0], [0], ValueError, f"{NEEDED_SHAPE}, but got (6, 5, 3)"),
        (IMAGES[:0], [], ValueError, f"{NEEDED_SHAPE}, but got (0, 6, 5, 3)"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(framework: str, images: Any, classes: Any, error: Any, sentence: str) -> None:
    with pytest.raises(error) as caught:
        gradients_of(framework, "averaging")(images, classes)
    assert str(caught.value) == sentence
