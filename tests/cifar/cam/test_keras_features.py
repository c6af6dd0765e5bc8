"""Features and gradients of Keras models on whatever backend KERAS_BACKEND names: any model, nothing changed in it."""

from __future__ import annotations

import os
import random
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.cifar.cam import hires_cam
from lrcore.cifar.cam.keras_features import feature_gradients, spatial_layers

IMAGES = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype(np.float32)
CLASSES = [4, 0, 9]


class Restless(keras.layers.Layer):
    """Counts its calls in a variable, always draws random numbers, and raises when it is told to."""

    raises = False

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, inputs: Any) -> Any:
        self.calls.assign_add(1.0)
        if self.raises:
            raise ArithmeticError("told to")
        return inputs + keras.random.normal((), seed=self.seeds) + random.random() + np.random.rand()


def restless_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    conv, norm = keras.layers.Conv2D(4, 3, name="conv"), keras.layers.BatchNormalization(name="norm")
    others = [keras.layers.ReLU(name="relu"), Restless(name="restless"), keras.layers.Flatten(), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((8, 8, 3)), conv, norm, *others])
    norm.trainable = False
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    return model


def state(model: keras.Model) -> list[Any]:
    variables = [*model.variables, *model.optimizer.variables]
    return [
        [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables],
        [(layer.name, layer.trainable, id(layer.call.__func__), list(vars(layer))) for layer in model.layers],
        [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in model.layers],
        (list(vars(model)), np.random.get_state()[1], random.getstate()),
    ]


@pytest.mark.parametrize("layer", ["conv", "restless"])
def test_the_model_is_left_as_it_was(layer: str) -> None:
    model = restless_model()
    before = state(model)
    feature_gradients(model, layer, IMAGES, CLASSES)
    spatial_layers(model, IMAGES)
    np.testing.assert_equal(state(model), before)


def test_the_model_is_left_as_it_was_when_it_raises() -> None:
    model = restless_model()
    model.get_layer("restless").raises = True
    before = state(model)
    with pytest.raises(ArithmeticError, match="told to"):
        feature_gradients(model, "conv", IMAGES, CLASSES)
    np.testing.assert_equal(state(model), before)


def test_training_continues_bit_identically() -> None:
    runs = []
    for explained in (False, True):
        model = restless_model()
        if explained:
            feature_gradients(model, "conv", IMAGES, CLASSES)
        model.fit(IMAGES, np.array(CLASSES), verbose=0)
        runs.append(state(model)[0])
    np.testing.assert_equal(runs[1], runs[0])


def residual_model() -> keras.Model:
    """conv -> relu -> add(conv, relu) -> flatten -> dense: the layers do not form a chain."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    conv = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    added = keras.layers.Add(name="add")([conv, keras.layers.ReLU(name="relu")(conv)])
    return keras.Model(inputs, keras.layers.Dense(10, name="head")(keras.layers.Flatten()(added)))


def test_a_functional_model_sums_gradients_over_all_paths() -> None:
    model = residual_model()
    found = feature_gradients(model, "conv", IMAGES, CLASSES)
    kernel = keras.ops.convert_to_numpy(model.get_layer("head").kernel)
    expected = kernel.T[CLASSES].reshape(3, 6, 6, 4) * (1 + (found.features > 0))
    np.testing.assert_allclose(found.gradients, expected, rtol=1e-6)
    assert (found.gradients.dtype, found.gradients.flags.c_contiguous) == (np.float32, True)


def test_an_identity_layer_has_the_gradient_of_its_own_path() -> None:
    inputs = keras.Input((8, 8, 3))
    conv = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    added = keras.layers.Add()([conv, keras.layers.Dropout(0.5, name="dropout")(conv)])
    model = keras.Model(inputs, keras.layers.Dense(10)(keras.layers.Flatten()(added)))
    both = feature_gradients(model, "conv", IMAGES, CLASSES)
    one = feature_gradients(model, "dropout", IMAGES, CLASSES)
    np.testing.assert_array_equal(one.features, both.features)
    np.testing.assert_array_equal(2 * one.gradients, both.gradients)


def test_layers_of_nested_models_have_names_with_slashes() -> None:
    inner = residual_model()
    blocks = [keras.layers.Conv2D(3, 1, name="conv"), inner]
    inner.name = "inner"
    model = keras.Sequential([keras.Input((8, 8, 3)), *blocks])
    maps = {"conv": (8, 8), "inner/conv": (6, 6), "inner/relu": (6, 6), "inner/add": (6, 6)}
    assert spatial_layers(model, IMAGES) == maps
    seen = keras.ops.convert_to_numpy(model.get_layer("conv")(IMAGES))
    found = feature_gradients(model, "inner/relu", IMAGES, CLASSES)
    expected = feature_gradients(inner, "relu", seen, CLASSES)
    np.testing.assert_allclose(found.features, expected.features, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.gradients, expected.gradients, rtol=0, atol=1e-6)
    short = feature_gradients(model, "relu", IMAGES, CLASSES)
    np.testing.assert_array_equal(short.gradients, found.gradients)


def test_a_subclassed_model_is_explained() -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(4, 3, name="conv")
            self.twice = keras.layers.ReLU(name="twice")
            self.head = keras.layers.Dense(10, name="head")

        def call(self, inputs: Any) -> Any:
            return self.head(keras.ops.mean(self.twice(self.twice(self.conv(inputs))), axis=(1, 2)))

    model = Model()
    model(IMAGES)
    found = feature_gradients(model, "conv", IMAGES, CLASSES)
    kernel = keras.ops.convert_to_numpy(model.head.kernel)
    np.testing.assert_allclose(
        found.gradients, kernel.T[CLASSES][:, None, None] / 36 * (found.features > 0), rtol=1e-5, atol=1e-8
    )
    for layer in ("twice", "head", "conv2"):
        with pytest.raises(
            ValueError, match=rf"^layer must be one with a spatial map, of conv \(6x6\), got '{layer}'$"
        ):
            feature_gradients(model, layer, IMAGES, CLASSES)


def test_a_layer_that_the_logits_do_not_depend_on_has_gradient_0() -> None:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Dense(10)

        def call(self, inputs: Any) -> Any:
            self.conv(inputs)
            return self.head(keras.ops.mean(inputs, axis=(1, 2)))

    model = Model()
    model(IMAGES)
    found = feature_gradients(model, "conv", IMAGES, CLASSES)
    assert np.all(found.gradients == 0)
    assert np.all(hires_cam(found).empty)


def test_a_frozen_model_gives_the_same() -> None:
    model = residual_model()
    expected = feature_gradients(model, "conv", IMAGES, CLASSES).gradients
    model.trainable = False
    np.testing.assert_array_equal(feature_gradients(model, "conv", IMAGES, CLASSES).gradients, expected)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_model_of_16_bits_gives_nearly_the_same_map_in_float32(policy: str) -> None:
    def model(dtype: str) -> keras.Model:
        keras.utils.set_random_seed(0)
        conv, pool = keras.layers.Conv2D(4, 3, name="conv", dtype=dtype), keras.layers.AveragePooling2D(2, dtype=dtype)
        head = [keras.layers.ReLU(dtype=dtype), pool, keras.layers.Flatten(), keras.layers.Dense(10, dtype=dtype)]
        return keras.Sequential([keras.Input((8, 8, 3)), conv, *head])

    expected = hires_cam(feature_gradients(model("float32"), "conv", IMAGES, CLASSES))
    found = feature_gradients(model(policy), "conv", IMAGES, CLASSES)
    assert found.features.dtype == found.gradients.dtype == found.logits.dtype == np.float32
    np.testing.assert_allclose(hires_cam(found).heat, expected.heat, rtol=0, atol=0.05)


def test_a_model_that_is_not_built_is_refused_and_stays_so() -> None:
    model = keras.Sequential([keras.layers.Conv2D(4, 3, name="conv")])
    with pytest.raises(
        ValueError, match=r"^model must be built first, by an Input layer or model.build\(input_shape\)$"
    ):
        feature_gradients(model, "conv", IMAGES, CLASSES)
    assert not model.built


def test_the_backend_is_the_one_asked_for() -> None:
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
