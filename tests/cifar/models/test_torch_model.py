from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from lrcore.cifar.models import GUIDE, MODELS, QUICK, RESNET9, Dense, Flatten, ModelSpec, initial_weights
from lrcore.cifar.models.torch_model import (
    BatchNorm,
    assign_torch_weights,
    build_torch_model,
    canonical_view,
    parameter_groups,
    torch_layer,
    torch_tensors,
    torch_views,
    torch_weights,
)


def random_weights(spec: ModelSpec) -> dict[str, np.ndarray]:
    """Weights of which no two are equal, so that a mix-up shows."""
    random = np.random.default_rng(0)
    return {name: random.normal(size=array.shape) for name, array in initial_weights(spec, 0).items()}


DENSE_WEIGHTS = {"dense1/kernel": np.zeros((3072, 10)), "dense1/bias": np.zeros(10)}


def images(count: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(1).normal(size=(count, 32, 32, 3))).to(dtype).permute(0, 3, 1, 2)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_weights_come_back_in_the_same_layout(spec: ModelSpec) -> None:
    weights = random_weights(spec)
    returned = torch_weights(build_torch_model(spec, weights, torch.float64))
    assert list(returned) == list(weights)
    for name in weights:
        np.testing.assert_array_equal(returned[name], weights[name])
        assert returned[name].flags.c_contiguous


def test_float32_weights_are_the_nearest_to_the_float64_ones() -> None:
    weights = initial_weights(QUICK, 0)
    returned = torch_weights(build_torch_model(QUICK, weights))
    for name in weights:
        assert returned[name].dtype == np.float32
        np.testing.assert_array_equal(returned[name], weights[name].astype(np.float32))


def test_training_leaves_given_and_returned_arrays_unchanged() -> None:
    weights = initial_weights(QUICK, 0)
    model = build_torch_model(QUICK, weights, torch.float64)
    returned = torch_weights(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    for name, drawn in initial_weights(QUICK, 0).items():
        np.testing.assert_array_equal(weights[name], drawn)
        np.testing.assert_array_equal(returned[name], drawn)


def test_read_only_weights_are_taken() -> None:
    weights = initial_weights(QUICK, 0)
    for array in weights.values():
        array.flags.writeable = False
    build_torch_model(QUICK, weights)


def test_building_draws_no_random_number() -> None:
    before = torch.get_rng_state()
    build_torch_model(GUIDE, initial_weights(GUIDE, 0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_layers_are_named_also_inside_a_residual(spec: ModelSpec) -> None:
    model = build_torch_model(spec, initial_weights(spec, 0))
    assert list(dict(model.named_children())) == [node.name for node in spec.nodes]
    modules = {torch_layer(model, name) for name in spec.layer_names}
    assert modules == set(model.modules()) - {model}


def test_a_layer_that_the_model_has_not_got_is_refused() -> None:
    model = build_torch_model(ModelSpec("model", (Flatten(), Dense("dense1", 3072, 10)), 0.0), DENSE_WEIGHTS)
    with pytest.raises(ValueError, match=r"^name must be one of flatten1, dense1, but got 'conv1'$"):
        torch_layer(model, "conv1")


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_channels_last_images_stay_so_through_every_layer(spec: ModelSpec) -> None:
    model = build_torch_model(spec, initial_weights(spec, 0))
    outputs: list[torch.Tensor] = []
    for name in spec.layer_names:
        torch_layer(model, name).register_forward_hook(lambda module, inputs, output: outputs.append(output))
    model(images(2))
    assert len(outputs) == len(spec.layer_names)
    assert all(out.is_contiguous(memory_format=torch.channels_last) for out in outputs if out.dim() == 4)


def test_gradients_are_contiguous_for_channels_last_images() -> None:
    model = build_torch_model(GUIDE, initial_weights(GUIDE, 0))
    model(images(2)).sum().backward()
    for parameter in model.parameters():
        assert parameter.is_contiguous()
        assert parameter.grad is not None
        assert parameter.grad.is_contiguous()


def test_the_memory_format_does_not_change_the_logits() -> None:
    model = build_torch_model(QUICK, initial_weights(QUICK, 0), torch.float64)
    batch = images(3, torch.float64)
    torch.testing.assert_close(model(batch.contiguous()), model(batch), rtol=1e-12, atol=1e-12)


def test_flatten_is_in_the_order_height_width_channels() -> None:
    spec = ModelSpec("linear", (Flatten(), Dense("dense1", 3072, 10)), weight_decay=0.0)
    weights = random_weights(spec)
    batch = images(2, torch.float64)
    expected = batch.permute(0, 2, 3, 1).numpy().reshape(2, 3072) @ weights["dense1/kernel"] + weights["dense1/bias"]
    logits = build_torch_model(spec, weights, torch.float64)(batch).detach().numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-12, atol=1e-12)


def test_guide_decays_only_its_starred_convolution_kernels() -> None:
    model = build_torch_model(GUIDE, initial_weights(GUIDE, 0))
    decayed, others = parameter_groups(model, GUIDE)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert decayed["weight_decay"] == 2e-4
    assert others["weight_decay"] == 0.0
    assert [names[id(kernel)] for kernel in decayed["params"]] == [
        f"conv{number}.weight" for number in (1, 2, 4, 5, 7, 8)
    ]
    assert sorted(names) == sorted(id(parameter) for parameter in decayed["params"] + others["params"])


def test_quick_decays_every_kernel_and_no_bias() -> None:
    model = build_torch_model(QUICK, initial_weights(QUICK, 0))
    decayed, others = parameter_groups(model, QUICK)
    assert [parameter.dim() for parameter in decayed["params"]] == [4, 4, 4, 2, 2]
    assert [parameter.dim() for parameter in others["params"]] == [1, 1, 1, 1, 1]


def test_resnet9_decays_every_kernel_and_nothing_else() -> None:
    decayed, others = parameter_groups(build_torch_model(RESNET9, initial_weights(RESNET9, 0)), RESNET9)
    assert decayed["weight_decay"] == 5e-4
    assert [parameter.dim() for parameter in decayed["params"]] == [4] * 8 + [2]
    assert [parameter.dim() for parameter in others["params"]] == [1] * 16


def test_weights_are_assigned_in_place_and_copied() -> None:
    model = build_torch_model(GUIDE, initial_weights(GUIDE, 0), torch.float64)
    before = {name: tensor.data_ptr() for name, tensor in torch_tensors(model).items()}
    weights = random_weights(GUIDE)
    assign_torch_weights(model, weights)
    assert {name: tensor.data_ptr() for name, tensor in torch_tensors(model).items()} == before
    for array in weights.values():
        array += 1
    for name, array in torch_weights(model).items():
        np.testing.assert_array_equal(array + 1, weights[name])


def test_a_wrong_weight_changes_nothing() -> None:
    model = build_torch_model(QUICK, initial_weights(QUICK, 0))
    before = torch_weights(model)
    with pytest.raises(ValueError, match=r"^weights\['dense2/bias'\] must have shape \(10,\), but got \(1,\)$"):
        assign_torch_weights(model, random_weights(QUICK) | {"dense2/bias": np.zeros(1)})
    for name, array in torch_weights(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_views_read_and_write_through() -> None:
    model = build_torch_model(QUICK, initial_weights(QUICK, 0))
    torch_views(model)["conv2/kernel"][4, 3, 2, 1] = 7.0
    torch_views(model)["dense1/kernel"][5, 6] = 8.0
    assert model.get_parameter("conv2.weight")[1, 2, 4, 3] == 7.0
    assert model.get_parameter("dense1.weight")[6, 5] == 8.0
    assert not torch_views(model)["dense1/kernel"].requires_grad


def test_kernel_gradients_have_the_layout_of_the_weights() -> None:
    model = build_torch_model(QUICK, initial_weights(QUICK, 0))
    model(images(2)).sum().backward()
    gradient = torch_tensors(model)["conv1/kernel"].grad
    assert gradient is not None
    np.testing.assert_array_equal(canonical_view(gradient).numpy(), gradient.numpy().transpose(2, 3, 1, 0))


def test_weights_of_another_model_are_refused() -> None:
    weights = initial_weights(QUICK, 0)
    del weights["dense2/bias"]
    weights["dense3/bias"] = np.zeros(10)
    message = "weights must have the model's names, but differ in ['dense2/bias', 'dense3/bias']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build_torch_model(QUICK, weights)


def test_a_weight_that_would_be_broadcast_is_refused() -> None:
    weights = initial_weights(QUICK, 0) | {"conv1/bias": np.zeros(1)}
    message = "weights['conv1/bias'] must have shape (32,), but got (1,)"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        build_torch_model(QUICK, weights)


def test_batch_norm_keeps_the_moving_averages_of_keras() -> None:
    layer = BatchNorm(2, momentum=0.9, epsilon=1e-3).double()
    random = np.random.default_rng(0)
    mean, variance = np.zeros(2), np.ones(2)
    for _ in range(3):
        batch = random.normal(3.0, 2.0, size=(4, 2, 3, 3))
        layer(torch.from_numpy(batch))
        mean = 0.9 * mean + 0.1 * batch.mean(axis=(0, 2, 3))
        variance = 0.9 * variance + 0.1 * batch.var(axis=(0, 2, 3))
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), variance, rtol=1e-12)


def test_batch_norm_with_momentum_0_keeps_last_batch_statistics() -> None:
    layer = BatchNorm(2, momentum=0.0, epsilon=1e-3).double()
    random = np.random.default_rng(0)
    for batch in random.normal(3.0, 2.0, size=(3, 4, 2, 3, 3)):
        layer(torch.from_numpy(batch))
    np.testing.assert_allclose(layer.running_mean.numpy(), batch.mean(axis=(0, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(layer.running_var.numpy(), batch.var(axis=(0, 2, 3)), rtol=1e-14)


def test_batch_norm_uses_the_biased_variance_in_training() -> None:
    batch = np.random.default_rng(0).normal(3.0, 2.0, size=(4, 2, 3, 3))
    outputs = BatchNorm(2, momentum=0.9, epsilon=1e-3).double()(torch.from_numpy(batch)).detach().numpy()
    centred = batch - batch.mean(axis=(0, 2, 3), keepdims=True)
    expected = centred / np.sqrt(batch.var(axis=(0, 2, 3), keepdims=True) + 1e-3)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12, atol=1e-12)


def test_batch_norm_uses_moving_averages_in_inference() -> None:
    layer = BatchNorm(1, momentum=0.9, epsilon=1e-3).double().eval()
    layer.running_mean.fill_(2.0)
    layer.running_var.fill_(4.0 - 1e-3)
    outputs = layer(torch.tensor([2.0, 4.0, 8.0], dtype=torch.float64).reshape(3, 1, 1, 1))
    torch.testing.assert_close(outputs.flatten().tolist(), [0.0, 1.0, 3.0], rtol=1e-12, atol=1e-12)
    assert layer.running_mean.item() == 2.0
    assert layer.running_var.item() == 4.0 - 1e-3
