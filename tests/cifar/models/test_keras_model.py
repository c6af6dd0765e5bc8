from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from lrcore.cifar.models import GUIDE, MODELS, QUICK, RESNET9, ModelSpec, initial_weights
from lrcore.cifar.models.keras_model import (
    assign_keras_weights,
    build_keras_model,
    keras_variables,
    keras_weights,
    undecayed_variables,
)


def random_weights(spec: ModelSpec) -> dict[str, np.ndarray]:
    """Weights of which no two are equal, so that a mix-up shows."""
    random = np.random.default_rng(0)
    return {name: random.normal(size=array.shape) for name, array in initial_weights(spec, 0).items()}


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_weights_come_back_in_the_same_layout(spec: ModelSpec) -> None:
    weights = random_weights(spec)
    returned = keras_weights(build_keras_model(spec, weights, "float64"))
    assert list(returned) == list(weights)
    for name in weights:
        np.testing.assert_array_equal(returned[name], weights[name])


def test_float32_weights_are_the_nearest_to_the_float64_ones() -> None:
    weights = initial_weights(QUICK, 0)
    returned = keras_weights(build_keras_model(QUICK, weights))
    for name in weights:
        assert returned[name].dtype == np.float32
        np.testing.assert_array_equal(returned[name], weights[name].astype(np.float32))


def test_a_float64_model_leaves_the_global_dtype_unchanged() -> None:
    model = build_keras_model(GUIDE, initial_weights(GUIDE, 0), "float64")
    assert {variable.dtype for variable in model.weights} == {"float64"}
    assert model(np.zeros((1, 32, 32, 3))).dtype == "float64"
    assert keras.config.floatx() == "float32"


def test_training_leaves_given_and_returned_arrays_unchanged() -> None:
    weights = initial_weights(QUICK, 0)
    model = build_keras_model(QUICK, weights, "float64")
    returned = keras_weights(model)
    for variable in model.trainable_variables:
        variable.assign_add(keras.ops.ones_like(variable))
    for name, drawn in initial_weights(QUICK, 0).items():
        np.testing.assert_array_equal(weights[name], drawn)
        np.testing.assert_array_equal(returned[name], drawn)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_layers_carry_the_names_of_the_model(spec: ModelSpec) -> None:
    model = build_keras_model(spec, initial_weights(spec, 0))
    assert model.name == spec.name
    assert [layer.name for layer in model.layers] == ["images", *spec.layer_names]


def test_model_takes_images_and_gives_logits() -> None:
    model = build_keras_model(GUIDE, initial_weights(GUIDE, 0))
    assert model.input_shape == (None, 32, 32, 3)
    assert model.output_shape == (None, 10)
    logits = model(np.random.default_rng(0).normal(size=(4, 32, 32, 3)).astype(np.float32)).numpy()
    assert not np.allclose(logits.sum(axis=1), 1)


def test_dropout_follows_the_global_seed() -> None:
    images = np.ones((2, 32, 32, 3), dtype=np.float32)
    outputs = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        outputs.append(build_keras_model(GUIDE, initial_weights(GUIDE, 0))(images, training=True).numpy())
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_guide_decays_only_its_starred_convolution_kernels() -> None:
    model = build_keras_model(GUIDE, initial_weights(GUIDE, 0))
    undecayed = {variable.path for variable in undecayed_variables(model, GUIDE)}
    decayed = [variable.path for variable in model.trainable_variables if variable.path not in undecayed]
    assert decayed == [f"conv{number}/kernel" for number in (1, 2, 4, 5, 7, 8)]
    assert undecayed < {variable.path for variable in model.trainable_variables}


def test_quick_decays_every_kernel_and_no_bias() -> None:
    model = build_keras_model(QUICK, initial_weights(QUICK, 0))
    assert [variable.path for variable in undecayed_variables(model, QUICK)] == [
        "conv1/bias", "conv2/bias", "conv3/bias", "dense1/bias", "dense2/bias",
    ]  # fmt: skip


def test_resnet9_decays_every_kernel_and_nothing_else() -> None:
    model = build_keras_model(RESNET9, initial_weights(RESNET9, 0))
    undecayed = {variable.path for variable in undecayed_variables(model, RESNET9)}
    assert undecayed == {f"norm{number}/{name}" for number in range(1, 9) for name in ("gamma", "beta")}


def test_an_update_without_gradient_moves_only_decayed_kernels() -> None:
    weights = random_weights(GUIDE)
    model = build_keras_model(GUIDE, weights, "float64")
    optimizer = keras.optimizers.SGD(learning_rate=1.0, weight_decay=GUIDE.weight_decay)
    optimizer.exclude_from_weight_decay(var_list=undecayed_variables(model, GUIDE))
    variables = model.trainable_variables
    optimizer.apply([keras.ops.zeros_like(variable) for variable in variables], variables)
    moved = [name for name, array in keras_weights(model).items() if np.any(array != weights[name])]
    assert moved == [f"conv{number}/kernel" for number in (1, 2, 4, 5, 7, 8)]


def test_weights_are_assigned_in_place_and_copied() -> None:
    model = build_keras_model(GUIDE, initial_weights(GUIDE, 0), "float64")
    before = {name: id(variable) for name, variable in keras_variables(model).items()}
    weights = random_weights(GUIDE)
    assign_keras_weights(model, weights)
    assert {name: id(variable) for name, variable in keras_variables(model).items()} == before
    for array in weights.values():
        array += 1
    for name, array in keras_weights(model).items():
        np.testing.assert_array_equal(array + 1, weights[name])


def test_a_wrong_weight_changes_nothing() -> None:
    model = build_keras_model(QUICK, initial_weights(QUICK, 0))
    before = keras_weights(model)
    with pytest.raises(ValueError, match=r"^weights\['dense2/bias'\] must have shape \(10,\), but got \(1,\)$"):
        assign_keras_weights(model, random_weights(QUICK) | {"dense2/bias": np.zeros(1)})
    for name, array in keras_weights(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_weights_of_another_model_are_refused() -> None:
    weights = initial_weights(QUICK, 0)
    del weights["dense2/bias"]
    message = "weights must have the model's names, but differ in ['dense2/bias']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build_keras_model(QUICK, weights)


def test_a_weight_of_another_shape_is_refused() -> None:
    weights = initial_weights(QUICK, 0) | {"conv1/bias": np.zeros(1)}
    message = "weights['conv1/bias'] must have shape (32,), but got (1,)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build_keras_model(QUICK, weights)
