from __future__ import annotations

import subprocess
import sys

import pytest

from lrcore.cifar.models import (
    GUIDE,
    MODELS,
    QUICK,
    AveragePool,
    Conv,
    Dense,
    Dropout,
    Flatten,
    MaxPool,
    ModelSpec,
    initial_weights,
)


def trainable_count(spec: ModelSpec) -> int:
    return sum(array.size for name, array in initial_weights(spec, 0).items() if "moving" not in name)


def test_guide_has_454026_trainable_weights() -> None:
    convolutions = (
        (3 * 3 * 3 * 32 + 32) + (3 * 3 * 32 * 64 + 64)
        + (1 * 1 * 64 * 32 + 32) + (3 * 3 * 32 * 64 + 64) + (3 * 3 * 64 * 128 + 128)
        + (1 * 1 * 128 * 32 + 32) + (3 * 3 * 32 * 128 + 128) + (3 * 3 * 128 * 256 + 256)
        + (1 * 1 * 256 * 10 + 10)
    )  # fmt: skip
    gammas_and_betas = 2 * (32 + 64 + 64 + 128 + 128 + 256)
    assert trainable_count(GUIDE) == convolutions + gammas_and_betas == 454_026


def test_quick_has_116906_weights() -> None:
    convolutions = (5 * 5 * 3 * 32 + 32) + (5 * 5 * 32 * 32 + 32) + (5 * 5 * 32 * 64 + 64)
    dense = (3 * 3 * 64 * 64 + 64) + (64 * 10 + 10)
    assert trainable_count(QUICK) == convolutions + dense == 116_906


def test_guide_has_the_layers_of_the_article_in_order() -> None:
    starred, plain = (3, True, True, True), (1, False, False, False)
    described = [
        (layer.inputs, layer.outputs, layer.kernel_size, layer.relu, layer.batch_norm, layer.weight_decay)
        if isinstance(layer, Conv)
        else layer
        for layer in GUIDE.layers
    ]
    assert described == [
        (3, 32, *starred), (32, 64, *starred), MaxPool(2, 2), Dropout(0.2),
        (64, 32, *plain), (32, 64, *starred), (64, 128, *starred), MaxPool(2, 2), Dropout(0.3),
        (128, 32, *plain), (32, 128, *starred), (128, 256, *starred), MaxPool(2, 2), Dropout(0.5),
        (256, 10, *plain), AveragePool(4, 4), Flatten(),
    ]  # fmt: skip


def test_weight_decay_is_twice_the_articles_penalty() -> None:
    assert GUIDE.weight_decay == 2 * 1e-4


def test_quick_decays_every_kernel_as_caffe_does() -> None:
    assert QUICK.weight_decay == 0.004
    assert all(layer.weight_decay for layer in QUICK.weighted_layers)


def test_models_are_found_by_their_names() -> None:
    assert dict(MODELS) == {"guide": GUIDE, "quick": QUICK}


def test_layers_without_weights_are_named_by_kind_and_number() -> None:
    assert QUICK.layer_names == (
        "conv1", "maxpool1", "relu1", "conv2", "averagepool1", "conv3", "averagepool2", "flatten1", "dense1", "dense2",
    )  # fmt: skip


def test_without_dropout_drops_only_dropout() -> None:
    kept = [layer for layer in GUIDE.layers if not isinstance(layer, Dropout)]
    assert list(GUIDE.without_dropout().layers) == kept
    assert len(kept) == len(GUIDE.layers) - 3
    assert QUICK.without_dropout() == QUICK


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_dropout_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"^rate must be at least 0 and less than 1, but got {rate}$"):
        Dropout(rate)


@pytest.mark.parametrize("weight_decay", [-1e-4, float("nan"), float("inf")])
def test_weight_decay_out_of_range_is_refused(weight_decay: float) -> None:
    with pytest.raises(ValueError, match=f"^weight_decay must be finite and not negative, but got {weight_decay}$"):
        ModelSpec("model", (Flatten(),), weight_decay)


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^layers must have different names, but 2 are called 'dense1'$"):
        ModelSpec("model", (Dense("dense1", 3072, 64), Dense("dense1", 64, 10)), 0.0)


def test_importing_the_models_imports_no_framework() -> None:
    code = "import sys, lrcore.cifar.models; print({'torch', 'keras', 'tensorflow'} & sys.modules.keys())"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert completed.stdout.strip() == "set()"
