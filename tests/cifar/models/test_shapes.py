from __future__ import annotations

import re

import pytest
import torch

from lrcore.cifar.models import (
    GUIDE,
    MODELS,
    QUICK,
    RESNET9,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool,
    ModelSpec,
    Relu,
    Residual,
    Scale,
    cam_layer,
    has_averaging_head,
    initial_weights,
    output_shapes,
)
from lrcore.cifar.models.keras_model import build_keras_model
from lrcore.cifar.models.torch_model import build_torch_model, torch_layer

every_model = pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)


def model(*layers: Layer) -> ModelSpec:
    return ModelSpec("model", layers, 0.0)


@every_model
def test_shapes_are_those_of_keras(spec: ModelSpec) -> None:
    built = build_keras_model(spec, initial_weights(spec, 0))
    assert output_shapes(spec) == {name: built.get_layer(name).output.shape[1:] for name in spec.layer_names}


@every_model
def test_shapes_are_those_of_torch(spec: ModelSpec) -> None:
    built = build_torch_model(spec, initial_weights(spec, 0)).eval()
    shapes: dict[str, tuple[int, ...]] = {}
    for name in spec.layer_names:
        torch_layer(built, name).register_forward_hook(
            lambda module, inputs, output, name=name: shapes.update({name: tuple(output.movedim(1, -1).shape[1:])})
        )
    built(torch.zeros(1, 3, 32, 32))
    assert output_shapes(spec) == shapes
    assert list(output_shapes(spec)) == list(spec.layer_names)


def test_grad_cam_looks_at_the_last_map_larger_than_4x4() -> None:
    assert (cam_layer(GUIDE), output_shapes(GUIDE)["norm8"]) == ("norm8", (8, 8, 256))
    assert (cam_layer(QUICK), output_shapes(QUICK)["relu3"]) == ("relu3", (7, 7, 64))
    assert (cam_layer(RESNET9), output_shapes(RESNET9)["relu6"]) == ("relu6", (8, 8, 512))


def test_grad_cam_uses_whole_residuals_and_never_dropout() -> None:
    assert cam_layer(model(Relu(), Residual((Relu(),)), Dropout(0.5), MaxPool(8, 8))) == "residual1"


def test_grad_cam_needs_a_map_larger_than_4x4() -> None:
    sentence = "spec must have a layer whose map is larger than 4x4, but model has none"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        cam_layer(model(MaxPool(8, 8), Flatten()))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((AveragePool(32, 32), Flatten(), Dense("dense1", 4, 10)), True),
        ((Relu(), BatchNorm("norm1", 4), AveragePool(32, 1), Dropout(0.5), Flatten(), Scale(0.5)), True),
        ((Residual((Conv("conv2", 4, 4, 3), Relu())), AveragePool(32, 32), Flatten()), True),
        ((AveragePool(16, 16), Flatten(), Dense("dense1", 16, 10)), False),  # the place still matters
        ((AveragePool(31, 31), Flatten(), Dense("dense1", 4, 10)), False),  # the border is left out
        ((MaxPool(2, 2), AveragePool(16, 16), Flatten(), Dense("dense1", 4, 10)), False),
        ((MaxPool(32, 32), Flatten(), Dense("dense1", 4, 10)), False),
        ((AveragePool(32, 32), Flatten(), Dense("dense1", 4, 10), Relu(), Dense("dense2", 10, 10)), False),
        ((Flatten(), Dense("dense1", 4096, 10)), False),
    ],
)
def test_an_averaging_head_is_a_global_mean_followed_by_linear(layers: tuple[Layer, ...], expected: bool) -> None:
    assert has_averaging_head(model(Conv("conv1", 3, 4, 3), *layers)) is expected


def test_of_the_models_only_the_guides_averages() -> None:
    assert {name: has_averaging_head(spec) for name, spec in MODELS.items()} == {
        "guide": True,
        "quick": False,
        "resnet9": False,
    }


def test_a_model_without_convolution_has_no_averaging_head() -> None:
    assert not has_averaging_head(model(AveragePool(32, 32), Flatten(), Dense("dense1", 3, 10)))
    assert not has_averaging_head(model(Flatten(), Dense("dense1", 3072, 10)))


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((Conv("conv1", 4, 8, 3),), "conv1 cannot take what comes in, of shape (32, 32, 3)"),
        ((BatchNorm("norm1", 1),), "norm1 cannot take what comes in, of shape (32, 32, 3)"),
        ((Dense("dense1", 3, 10),), "dense1 cannot take what comes in, of shape (32, 32, 3)"),
        ((Flatten(), Dense("dense1", 3071, 10)), "dense1 cannot take what comes in, of shape (3072,)"),
        ((MaxPool(33, 1),), "maxpool1 cannot take what comes in, of shape (32, 32, 3)"),
        ((Flatten(), AveragePool(2, 2)), "averagepool1 cannot take what comes in, of shape (3072,)"),
        (
            (Residual((Conv("conv1", 3, 1, 3),)),),  # which would be broadcast
            "the layers inside residual1 must keep the shape (32, 32, 3), but give (32, 32, 1)",
        ),
    ],
)
def test_layers_that_do_not_fit_together_are_refused(layers: tuple[Layer, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        output_shapes(model(*layers))
