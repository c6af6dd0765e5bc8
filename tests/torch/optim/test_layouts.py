"""Every layout, type and kind of tensor, alone and together in one optimizer."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD

LRS = [0.1, 0.05, 0.2]
NESTEROV: dict[str, Any] = {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
OPTIONS: list[dict[str, Any]] = [{}, {"momentum": 0.9, "dampening": 0.3}, {**NESTEROV, "maximize": True}]
SHAPE = (4, 3, 5, 6)


def drawn(shape: tuple[int, ...], dtype: torch.dtype, seed: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def contiguous(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous()


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def permuted(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.permute(2, 0, 3, 1).contiguous().permute(1, 3, 0, 2)


def every_second_column(tensor: torch.Tensor) -> torch.Tensor:
    return torch.stack([tensor, tensor], dim=-1)[..., 0]


DENSE = [contiguous, channels_last, permuted]


def train(optimizer: torch.optim.Optimizer, layout: Callable[..., torch.Tensor] | None = None) -> None:
    """Steps with gradients in that layout, by default in that of each parameter."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for update, lr in enumerate(LRS):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for index, parameter in enumerate(parameters):
            gradient = drawn(tuple(parameter.shape), parameter.dtype, seed=100 * update + index)
            parameter.grad = layout(gradient) if layout else torch.empty_like(parameter).copy_(gradient)
        optimizer.step()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layout", DENSE)
@pytest.mark.parametrize("grad_layout", [*DENSE, every_second_column])
def test_the_core_updates_dense_parameters_in_place(
    layout: Callable[..., torch.Tensor], grad_layout: Callable[..., torch.Tensor], dtype: torch.dtype
) -> None:
    values = drawn(SHAPE, dtype, seed=1)
    ours, peer = torch.nn.Parameter(layout(values)), torch.nn.Parameter(values.clone())
    strides, address = ours.stride(), ours.data_ptr()
    optimizers = SGD([ours], lr=1.0, **NESTEROV), SGD([peer], lr=1.0, **NESTEROV)
    train(optimizers[0], grad_layout)
    train(optimizers[1], contiguous)
    assert (ours.stride(), ours.data_ptr()) == (strides, address)
    assert torch.equal(ours, peer)
    assert optimizers[0].path == optimizers[1].path == "core"


@pytest.mark.parametrize("layout", [*DENSE, every_second_column])
def test_a_buffer_in_another_layout_is_laid_out_once(layout: Callable[..., torch.Tensor]) -> None:
    ours, peer = (torch.nn.Parameter(channels_last(drawn(SHAPE, torch.float64, seed=1))) for _ in range(2))
    results = []
    for make, parameter in ((SGD, ours), (torch.optim.SGD, peer)):
        optimizer = make([parameter], lr=1.0, momentum=0.9)
        optimizer.state[parameter]["momentum_buffer"] = layout(drawn(SHAPE, torch.float64, seed=2))
        train(optimizer)
        results.append(optimizer.state[parameter]["momentum_buffer"])
    assert_close(ours, peer)
    assert_close(*results)
    assert results[0].stride() == ours.stride()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (64, 33), (0, 4), (1, 5, 1)])
def test_any_shape_is_updated_by_the_core(shape: tuple[int, ...], options: dict[str, Any]) -> None:
    ours, peer = (torch.nn.Parameter(drawn(shape, torch.float64, seed=1)) for _ in range(2))
    optimizer = SGD([ours], lr=1.0, **options)
    train(optimizer)
    train(torch.optim.SGD([peer], lr=1.0, **options))
    assert_close(ours, peer)
    assert optimizer.path == "core"


class Wrapped(torch.Tensor):
    """A subclass of which the core cannot know where its values are."""


def wrapped(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.as_subclass(Wrapped)


def complex_of(tensor: torch.Tensor) -> torch.Tensor:
    return torch.complex(tensor, tensor.flip(0))


OTHERS = [every_second_column, wrapped, complex_of]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", OTHERS)
def test_torch_updates_unsupported_parameters(kind: Callable[..., torch.Tensor], options: dict[str, Any]) -> None:
    ours, peer = (kind(drawn(SHAPE, torch.float64, seed=1)).requires_grad_() for _ in range(2))
    optimizer = SGD([ours], lr=1.0, **options)
    train(optimizer)
    train(torch.optim.SGD([peer], lr=1.0, foreach=False, **options))
    assert torch.equal(ours, peer)
    assert optimizer.path == "torch"


def test_a_gradient_of_a_subclass_is_left_to_torch() -> None:
    class Doubled(torch.Tensor):
        """Stands for twice the values in its memory."""

        @classmethod
        def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            plain = torch.utils._pytree.tree_map_only(cls, lambda t: 2 * t.as_subclass(torch.Tensor), args)
            return super().__torch_function__(function, (torch.Tensor,), plain, kwargs or {})

    parameter = torch.nn.Parameter(torch.zeros(3))
    parameter.grad = torch.ones(3).as_subclass(Doubled)
    optimizer = SGD([parameter], lr=0.5)
    optimizer.step()
    assert parameter.tolist() == [-1.0] * 3
    assert optimizer.path == "torch"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("master_weights", [False, True])
def test_16_bit_parameters_follow_one_recurrence_in_every_layout(dtype: torch.dtype, master_weights: bool) -> None:
    values = drawn(SHAPE, dtype, seed=1)
    dense, strided = torch.nn.Parameter(values), torch.nn.Parameter(every_second_column(values))
    options = {**NESTEROV, "master_weights": master_weights, "ema_decay": 0.5}
    optimizers = [SGD([parameter], lr=1.0, **options) for parameter in (dense, strided)]
    for optimizer in optimizers:
        train(optimizer)
    assert_close(dense, strided)
    for name, value in optimizers[0].state[dense].items():
        other = optimizers[1].state[strided][name]
        assert value.dtype == other.dtype == torch.float32
        assert_close(value, other, rtol=1e-2, atol=1e-2)
    assert [optimizer.path for optimizer in optimizers] == ["core", "torch"]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_all_kinds_are_updated_in_one_optimizer(options: dict[str, Any]) -> None:
    kinds = [contiguous, channels_last, every_second_column, complex_of, permuted, wrapped]
    dtypes = [torch.float64, torch.float32, torch.float64, torch.float64, torch.float32, torch.float64]
    ours, peers = (
        [kind(drawn(SHAPE, dtype, seed=1)).requires_grad_() for kind, dtype in zip(kinds, dtypes, strict=True)]
        for _ in range(2)
    )
    for make, parameters in ((SGD, ours), (torch.optim.SGD, peers)):
        optimizer = make([{"params": parameters[:3], **options}, {"params": parameters[3:]}], lr=1.0, momentum=0.5)
        train(optimizer)
        if make is SGD:
            assert optimizer.path == "core, torch"
    assert_close(ours, peers)


def test_meta_tensors_are_left_to_torch() -> None:
    parameters = [torch.nn.Parameter(torch.ones(3, device=device)) for device in ("meta", "cpu")]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer = SGD(parameters, lr=0.5, momentum=0.9)
    optimizer.step()
    assert parameters[1].tolist() == [0.5] * 3
    assert optimizer.state[parameters[0]]["momentum_buffer"].is_meta
    assert optimizer.path == "core, torch"


def test_where_torch_has_a_fused_kernel_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a meta device, which claims to have one here, the call of it fails by its name."""
    monkeypatch.setattr("lrcore.torch.optim._fallback._get_fused_kernels_supported_devices", lambda: ["meta"])
    parameter = torch.nn.Parameter(torch.ones(3, device="meta"))
    parameter.grad = torch.ones(3, device="meta")
    with pytest.raises(NotImplementedError, match="_fused_sgd_"):
        SGD([parameter], lr=0.1).step()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_weights_that_share_memory_are_updated_in_turn(options: dict[str, Any]) -> None:
    results = []
    for make in (SGD, torch.optim.SGD):
        memory = drawn((100,), torch.float64, seed=1)
        parameters = [torch.nn.Parameter(memory[:80]), torch.nn.Parameter(memory[:80]), torch.nn.Parameter(memory[50:])]
        parameters[1].data = parameters[0].data
        train(make(parameters, lr=1.0, **options))
        results.append(memory)
    assert_close(*results, rtol=1e-12, atol=1e-14)


def test_one_gradient_of_two_parameters_serves_both() -> None:
    parameters = [torch.nn.Parameter(torch.zeros(3)) for _ in range(2)]
    gradient = torch.ones(3)
    for parameter in parameters:
        parameter.grad = gradient
    SGD(parameters, lr=0.5, momentum=0.9).step()
    assert [parameter.tolist() for parameter in parameters] == [[-0.5] * 3] * 2
    assert gradient.tolist() == [1.0] * 3


def test_a_gradient_whose_sign_is_a_flag_has_its_sign() -> None:
    """Backward of a complex product leaves such a gradient in a parameter of one element."""
    parameter = torch.nn.Parameter(torch.tensor(2.0))
    (torch.complex(torch.tensor(1.0), parameter).conj() * 3).imag.backward()
    assert parameter.grad is not None
    assert parameter.grad.is_neg()
    optimizer = SGD([parameter], lr=1.0)
    optimizer.step()
    assert parameter.item() == 2.0 - -3.0
    assert optimizer.path == "core"


def test_a_gradient_that_has_a_graph_is_taken_for_its_values() -> None:
    parameter = torch.nn.Parameter(torch.tensor([3.0, 1.0]))
    (gradient,) = torch.autograd.grad((parameter**2).sum(), parameter, create_graph=True)
    parameter.grad = gradient
    SGD([parameter], lr=0.5, momentum=0.9).step()
    assert gradient.requires_grad
    assert parameter.tolist() == [0.0, 0.0]
    parameter.grad = None  # a cycle otherwise


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("update", [0, 1])
def test_a_sparse_gradient_is_refused_before_any_change(position: int, update: int) -> None:
    parameters = [torch.nn.Parameter(torch.ones(2, 2)) for _ in range(3)]
    optimizer = SGD([{"params": parameters[:1]}, {"params": parameters[1:]}], lr=1.0, momentum=0.9, ema_decay=0.5)
    for parameter in parameters:
        parameter.grad = torch.ones(2, 2)
    if update:
        optimizer.step()
    before = copy.deepcopy((parameters, optimizer.state_dict()))
    parameters[position].grad = torch.ones(2, 2).to_sparse()
    name = ["param_groups[0]['params'][0]", "param_groups[1]['params'][0]", "param_groups[1]['params'][1]"][position]
    message = f"{name} must have a dense gradient, but got torch.sparse_coo"
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer.step()
    assert_close((parameters, optimizer.state_dict()["state"]), (before[0], before[1]["state"]), rtol=0, atol=0)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("layout", [contiguous, every_second_column])
def test_autograd_notices_that_a_saved_tensor_was_updated(layout: Callable[..., torch.Tensor], momentum: float) -> None:
    parameter = torch.nn.Parameter(layout(torch.ones(3)))
    optimizer = SGD([parameter], lr=1.0, momentum=momentum)
    version = parameter._version
    loss = (parameter**2).sum()
    parameter.grad = torch.ones(3)
    optimizer.step()
    assert parameter._version > version
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_gradients_are_never_written() -> None:
    parameter = torch.nn.Parameter(drawn((100,), torch.float32, seed=1))
    gradient = drawn((100,), torch.float32, seed=2)
    parameter.grad = gradient.clone()
    SGD([parameter], lr=1.0, max_grad_norm=0.1, **NESTEROV).step()
    assert torch.equal(parameter.grad, gradient)


def test_a_model_is_trained_through_backward() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten())
    peer = copy.deepcopy(model)
    for trained, make in ((model, SGD), (peer, torch.optim.SGD)):
        optimizer = make(trained.parameters(), lr=0.1, **NESTEROV)
        for step in range(3):
            optimizer.zero_grad()
            images = channels_last(drawn((5, 3, 8, 8), torch.float32, seed=step))
            trained(images).square().mean().backward()
            optimizer.step()
    assert_close(model.state_dict(), peer.state_dict())
