from __future__ import annotations

import subprocess
import sys

import pytest

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


def test_resnet9_has_6573120_trainable_weights() -> None:
    convolutions = 9 * (3 * 64 + 64 * 128 + 2 * (128 * 128) + 128 * 256 + 256 * 512 + 2 * (512 * 512))
    gammas_and_betas = 2 * (64 + 3 * 128 + 256 + 3 * 512)
    assert trainable_count(RESNET9) == convolutions + gammas_and_betas + 512 * 10 == 6_573_120


def test_guide_has_the_layers_of_the_article_in_order() -> None:
    def starred(number: int, inputs: int, outputs: int) -> list[Layer]:
        conv = Conv(f"conv{number}", inputs, outputs, 3, bias=True, weight_decay=True)
        return [conv, Relu(), BatchNorm(f"norm{number}", outputs, momentum=0.99, epsilon=1e-3)]

    def plain(number: int, inputs: int, outputs: int) -> Layer:
        return Conv(f"conv{number}", inputs, outputs, 1, bias=True, weight_decay=False)

    assert list(GUIDE.layers) == [
        *starred(1, 3, 32), *starred(2, 32, 64), MaxPool(2, 2), Dropout(0.2),
        plain(3, 64, 32), *starred(4, 32, 64), *starred(5, 64, 128), MaxPool(2, 2), Dropout(0.3),
        plain(6, 128, 32), *starred(7, 32, 128), *starred(8, 128, 256), MaxPool(2, 2), Dropout(0.5),
        plain(9, 256, 10), AveragePool(4, 4), Flatten(),
    ]  # fmt: skip


def test_resnet9_has_the_layers_of_cifar10_fast_in_order() -> None:
    def block(number: int, inputs: int, outputs: int) -> tuple[Layer, ...]:
        conv = Conv(f"conv{number}", inputs, outputs, 3, bias=False, weight_decay=True)
        return conv, BatchNorm(f"norm{number}", outputs, momentum=0.9, epsilon=1e-5), Relu()

    assert list(RESNET9.layers) == [
        *block(1, 3, 64),
        *block(2, 64, 128), MaxPool(2, 2), Residual((*block(3, 128, 128), *block(4, 128, 128))),
        *block(5, 128, 256), MaxPool(2, 2),
        *block(6, 256, 512), MaxPool(2, 2), Residual((*block(7, 512, 512), *block(8, 512, 512))),
        MaxPool(4, 4), Flatten(), Dense("dense1", 512, 10, bias=False, weight_decay=True), Scale(0.125),
    ]  # fmt: skip
    assert RESNET9.weight_decay == 5e-4


def test_weight_decay_is_twice_the_articles_penalty() -> None:
    assert GUIDE.weight_decay == 2 * 1e-4


def test_quick_decays_every_kernel_as_caffe_does() -> None:
    assert QUICK.weight_decay == 0.004
    assert all(layer.weight_decay for layer in QUICK.kernel_layers)


def test_models_are_found_by_their_names() -> None:
    assert dict(MODELS) == {"guide": GUIDE, "quick": QUICK, "resnet9": RESNET9}


def test_layers_without_weights_are_named_by_kind_and_number() -> None:
    assert QUICK.layer_names == (
        "conv1", "maxpool1", "relu1", "conv2", "relu2", "averagepool1", "conv3", "relu3", "averagepool2", "flatten1",
        "dense1", "dense2",
    )  # fmt: skip


def test_layer_numbers_continue_inside_a_residual() -> None:
    spec = ModelSpec("model", (Relu(), Residual((Relu(), Residual((Relu(),)))), Relu(), Residual((Relu(),))), 0.0)
    assert spec.layer_names == (
        "relu1", "relu2", "relu3", "residual2", "residual1", "relu4", "relu5", "residual3",
    )  # fmt: skip


def test_layers_are_found_by_their_names_also_inside_a_residual() -> None:
    assert RESNET9.named_layers["conv4"] == Conv("conv4", 128, 128, 3, bias=False, weight_decay=True)
    assert RESNET9.named_layers["residual1"] == RESNET9.layers[7]


def test_without_dropout_drops_only_dropout() -> None:
    kept = [layer for layer in GUIDE.layers if not isinstance(layer, Dropout)]
    assert list(GUIDE.without_dropout().layers) == kept
    assert len(kept) == len(GUIDE.layers) - 3
    assert QUICK.without_dropout() == QUICK


def test_without_dropout_drops_it_inside_a_residual_too() -> None:
    spec = ModelSpec("model", (Dropout(0.1), Residual((Relu(), Dropout(0.2), Residual((Dropout(0.3), Relu()))))), 0.0)
    assert spec.without_dropout().layers == (Residual((Relu(), Residual((Relu(),)))),)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_dropout_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"^rate must be at least 0 and less than 1, but got {rate}$"):
        Dropout(rate)


@pytest.mark.parametrize("weight_decay", [-1e-4, float("nan"), float("inf")])
def test_weight_decay_out_of_range_is_refused(weight_decay: float) -> None:
    with pytest.raises(ValueError, match=f"^weight_decay must be finite and not negative, but got {weight_decay}$"):
        ModelSpec("model", (Flatten(),), weight_decay)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, float("nan")])
def test_batch_norm_momentum_out_of_range_is_refused(momentum: float) -> None:
    with pytest.raises(ValueError, match=f"^momentum must be at least 0 and at most 1, but got {momentum}$"):
        BatchNorm("norm1", 8, momentum=momentum)


@pytest.mark.parametrize("epsilon", [0.0, -1e-3, float("nan"), float("inf")])
def test_batch_norm_epsilon_out_of_range_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match=f"^epsilon must be finite and greater than 0, but got {epsilon}$"):
        BatchNorm("norm1", 8, epsilon=epsilon)


def test_a_scale_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^factor must be finite, but got inf$"):
        Scale(float("inf"))


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^layers must have different names, but 2 are called 'dense1'$"):
        ModelSpec("model", (Dense("dense1", 3072, 64), Dense("dense1", 64, 10)), 0.0)


def test_a_name_used_again_inside_a_residual_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^layers must have different names, but 2 are called 'norm1'$"):
        ModelSpec("model", (BatchNorm("norm1", 3), Residual((BatchNorm("norm1", 3),))), 0.0)


def test_importing_the_models_imports_no_framework() -> None:
    code = "import sys, lrcore.cifar.models; print({'torch', 'keras', 'tensorflow'} & sys.modules.keys())"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert completed.stdout.strip() == "set()"
