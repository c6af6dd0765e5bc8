from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD
from lrcore.torch.sgd_kernels import kernel_for, update_in_core

OPTIONS = [
    {"momentum": 0.0, "weight_decay": 0.0, "nesterov": False},
    {"momentum": 0.0, "weight_decay": 0.01, "nesterov": False},
    {"momentum": 0.9, "weight_decay": 0.0, "nesterov": False},
    {"momentum": 0.9, "weight_decay": 0.0, "nesterov": True},
    {"momentum": 0.9, "weight_decay": 0.01, "nesterov": True},
]
NESTEROV: dict[str, Any] = OPTIONS[-1]
LRS = [0.1, 0.05, 0.2, 0.1]
SIZES = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 1000]
NUMPY = {torch.float32: np.float32, torch.float64: np.float64}


def drawn(size: int | tuple[int, ...], dtype: torch.dtype, seed: int) -> torch.Tensor:
    return torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def train(optimizer: torch.optim.Optimizer, lrs: list[float] = LRS, first: int = 0) -> None:
    """One update per lr, with gradients drawn anew for each update, from number `first` on."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for update, lr in enumerate(lrs, first):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for index, parameter in enumerate(parameters):
            gradient = drawn(tuple(parameter.shape), parameter.dtype, seed=1000 * update + index)
            parameter.grad = torch.empty_like(parameter).copy_(gradient)
        optimizer.step()


def recurrence(parameter: torch.Tensor, index: int, momentum: float, weight_decay: float, nesterov: bool) -> Any:
    """DESIGN's recurrence in NumPy, each operation in the dtype of the parameter, over the updates of `train`."""
    scalar = NUMPY[parameter.dtype]
    mu, wd = scalar(momentum), scalar(weight_decay)
    p = parameter.detach().numpy().copy()
    b = np.zeros_like(p)
    for update, lr in enumerate(LRS):
        g = drawn(tuple(parameter.shape), parameter.dtype, seed=1000 * update + index).numpy()
        g = g + wd * p if weight_decay else g
        b = mu * b + g
        p = p - scalar(lr) * (g + mu * b if nesterov else b)
    return p


# Values


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("options", OPTIONS)
def test_the_bits_are_those_of_the_recurrence_in_numpy(dtype: torch.dtype, options: dict[str, Any]) -> None:
    parameters = [torch.nn.Parameter(drawn(size, dtype, seed=size)) for size in SIZES]
    expected = [recurrence(parameter, index, **options) for index, parameter in enumerate(parameters)]
    train(SGD(parameters, lr=1.0, **options))
    for parameter, values in zip(parameters, expected, strict=True):
        assert parameter.detach().numpy().tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("options", OPTIONS)
def test_it_follows_torch(dtype: torch.dtype, options: dict[str, Any]) -> None:
    ours = [torch.nn.Parameter(drawn(size, dtype, seed=size)) for size in SIZES]
    peers = copy.deepcopy(ours)
    train(SGD(ours, lr=1.0, **options))
    train(torch.optim.SGD(peers, lr=1.0, **options))
    assert_close(ours, peers)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("options", OPTIONS)
def test_16_bit_parameters_are_updated_at_every_size(dtype: torch.dtype, options: dict[str, Any]) -> None:
    """The fused CPU kernel of torch 2.13 leaves them as they were in every full vector."""
    ours = [torch.nn.Parameter(drawn(size, dtype, seed=size)) for size in SIZES]
    exact = [torch.nn.Parameter(parameter.detach().double()) for parameter in ours]
    train(SGD(ours, lr=1.0, **options))
    train(torch.optim.SGD(exact, lr=1.0, foreach=False, **options))
    rounding = {"rtol": 8 * torch.finfo(dtype).eps, "atol": 8 * torch.finfo(dtype).eps}
    assert_close([parameter.double() for parameter in ours], exact, **rounding)


def channels_last(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def every_second_column(tensor: torch.Tensor) -> torch.Tensor:
    return torch.stack([tensor, tensor], dim=-1)[..., 0]


@pytest.mark.parametrize("layout", [channels_last, every_second_column])
@pytest.mark.parametrize("options", OPTIONS)
def test_other_memory_layouts_are_updated_too(layout: Callable[..., torch.Tensor], options: dict[str, Any]) -> None:
    values = drawn((4, 3, 5, 5), torch.float64, seed=1)
    ours, peer = torch.nn.Parameter(layout(values)), torch.nn.Parameter(values.clone())
    assert not ours.is_contiguous()
    strides, address = ours.stride(), ours.data_ptr()
    train(SGD([ours], lr=1.0, **options))
    train(SGD([peer], lr=1.0, **options))
    assert (ours.stride(), ours.data_ptr()) == (strides, address)
    assert_close(ours.detach().contiguous(), peer.detach())


def test_mixed_dtypes_layouts_and_groups_are_updated_in_one_optimizer() -> None:
    dtypes = [torch.float64, torch.float32, torch.bfloat16, torch.float64, torch.complex64]
    ours = [torch.nn.Parameter(drawn((2, 3, 4, 4), dtype, seed=1)) for dtype in dtypes]
    ours[3] = torch.nn.Parameter(channels_last(ours[3].detach()))
    peers = copy.deepcopy(ours)
    for make, parameters in ((SGD, ours), (torch.optim.SGD, peers)):
        first = {"params": parameters[:2], "momentum": 0.5, "weight_decay": 0.1, "nesterov": True}
        train(make([first, {"params": parameters[2:]}], lr=1.0))
    assert_close(ours, peers)


def test_the_momentum_of_the_group_decides_at_each_update() -> None:
    ours = [torch.nn.Parameter(drawn(5, torch.float64, seed=1))]
    peers = copy.deepcopy(ours)
    for make, parameters in ((SGD, ours), (torch.optim.SGD, peers)):
        optimizer = make(parameters, lr=1.0, momentum=0.9)
        for update, momentum in enumerate([0.9, 0.5, 0.0, 0.8]):
            optimizer.param_groups[0]["momentum"] = momentum
            train(optimizer, [0.1], first=update)
    assert_close(ours, peers)


def test_nan_and_infinite_gradients_reach_the_parameter() -> None:
    parameter = torch.nn.Parameter(torch.ones(3))
    parameter.grad = torch.tensor([torch.nan, torch.inf, 1.0])
    SGD([parameter], lr=1.0, momentum=0.5, nesterov=True).step()
    assert str(parameter.tolist()) == "[nan, -inf, -0.5]"


# In place


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (7,), (64, 33), (0, 4)])
def test_plain_cpu_tensors_are_updated_by_the_core_in_their_own_memory(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    parameter = torch.nn.Parameter(drawn(shape, dtype, seed=1))
    before = parameter.detach().clone()
    optimizer = SGD([parameter], lr=1.0, **NESTEROV)
    train(optimizer, [0.1])
    buffer = optimizer.state[parameter]["momentum_buffer"]
    addresses = parameter.data_ptr(), buffer.data_ptr()
    assert kernel_for([parameter, parameter.grad, buffer]) is update_in_core
    train(optimizer, [0.1], first=1)
    assert (parameter.data_ptr(), optimizer.state[parameter]["momentum_buffer"].data_ptr()) == addresses
    assert parameter.numel() == 0 or not torch.equal(parameter, before)


def test_gradients_are_never_written() -> None:
    parameter = torch.nn.Parameter(drawn(100, torch.float32, seed=1))
    gradient = drawn(100, torch.float32, seed=2)
    parameter.grad = gradient.clone()
    SGD([parameter], lr=1.0, **NESTEROV).step()
    assert torch.equal(parameter.grad, gradient)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_autograd_notices_that_a_saved_tensor_was_updated(momentum: float) -> None:
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = SGD([parameter], lr=1.0, momentum=momentum)
    version = parameter._version
    loss = (parameter**2).sum()
    parameter.grad = torch.ones(3)
    optimizer.step()
    assert parameter._version > version
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_tensor_subclass_is_left_to_torch() -> None:
    class Wrapped(torch.Tensor):
        pass

    parameter = drawn(4, torch.float32, seed=1).as_subclass(Wrapped)
    assert kernel_for([parameter, drawn(4, torch.float32, seed=2)]) is not update_in_core


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


# The interface of an optimizer


def test_parameters_without_gradient_are_skipped() -> None:
    trained, resting = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = SGD([resting, trained], lr=0.5, momentum=0.9)
    trained.grad = torch.ones(2)
    optimizer.step()
    assert (trained.tolist(), resting.tolist()) == ([0.5, 0.5], [1.0, 1.0])
    assert resting not in optimizer.state


def test_the_loss_of_the_closure_is_returned() -> None:
    parameter = torch.nn.Parameter(torch.tensor(3.0))
    optimizer = SGD([parameter], lr=0.25)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = parameter**2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert parameter.item() == 3.0 - 0.25 * 6.0
    assert optimizer.step() is None


def test_hooks_run_around_the_step() -> None:
    parameter = torch.nn.Parameter(torch.ones(1))
    parameter.grad = torch.ones(1)
    optimizer = SGD([parameter], lr=0.5)
    seen: list[float] = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(parameter.item()))
    optimizer.register_step_post_hook(lambda *_: seen.append(parameter.item()))
    optimizer.step()
    assert seen == [1.0, 0.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tensor_lr_is_read_at_each_update(dtype: torch.dtype) -> None:
    lr = torch.tensor(0.5, dtype=dtype)
    parameters = [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16))]
    optimizer = SGD(parameters, lr=lr)
    for value, expected in ((0.5, 0.5), (0.25, 0.25)):
        lr.fill_(value)
        for parameter in parameters:
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        assert [parameter.tolist() for parameter in parameters] == [[expected] * 2] * 2


def test_a_sparse_gradient_is_refused_by_name_before_anything_is_changed() -> None:
    parameters = [torch.nn.Parameter(torch.ones(2, 2)) for _ in range(3)]
    optimizer = SGD([{"params": parameters[:1]}, {"params": parameters[1:]}], lr=1.0, momentum=0.9)
    for parameter in parameters:
        parameter.grad = torch.ones(2, 2)
    parameters[2].grad = torch.ones(2, 2).to_sparse()
    message = "param_groups[1]['params'][1] must have a dense gradient, but got torch.sparse_coo"
    with pytest.raises(ValueError, match=re.escape(message)):
        optimizer.step()
    assert all(torch.equal(parameter, torch.ones(2, 2)) for parameter in parameters)


# State


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("first", "second"), [(SGD, torch.optim.SGD), (torch.optim.SGD, SGD), (SGD, SGD)])
def test_a_run_can_change_over_between_torch_and_this(options: dict[str, Any], first: Any, second: Any) -> None:
    whole = [torch.nn.Parameter(drawn(33, torch.float64, seed=1))]
    halves = copy.deepcopy(whole)
    train(torch.optim.SGD(whole, lr=1.0, **options))
    old = first(halves, lr=1.0, **options)
    train(old, LRS[:2])
    new = second(halves, lr=3.0)
    new.load_state_dict(old.state_dict())
    assert {key: new.param_groups[0][key] for key in options} == options
    train(new, LRS[2:], first=2)
    assert_close(halves, whole, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copied_optimizer_goes_on_alike(copied: Callable[..., Any]) -> None:
    parameters = [torch.nn.Parameter(drawn(9, torch.float32, seed=1))]
    optimizer = SGD(parameters, lr=1.0, **NESTEROV)
    train(optimizer, LRS[:2])
    other_parameters, other = copied((parameters, optimizer))
    train(optimizer, LRS[2:], first=2)
    train(other, LRS[2:], first=2)
    assert torch.equal(parameters[0], other_parameters[0])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("dampening", 0.1, "dampening is not supported and must be 0.0, but got 0.1"),
        ("maximize", True, "maximize is not supported and must be False, but got True"),
    ],
)
def test_a_torch_state_of_another_recurrence_is_refused(option: str, value: object, message: str) -> None:
    torchs = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.5, **{option: value})
    optimizer = SGD([torch.nn.Parameter(torch.ones(1))], lr=0.25)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(torchs.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.25


# Arguments


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -0.1}, "lr must be finite and not negative, but got -0.1"),
        ({"lr": float("nan")}, "lr must be finite and not negative, but got nan"),
        ({"lr": torch.tensor(-1.0)}, "lr must be finite and not negative, but got -1.0"),
        ({"lr": torch.ones(2)}, "lr must have 1 element, but got a tensor of 2"),
        ({"momentum": -0.1}, "momentum must be at least 0 and less than 1, but got -0.1"),
        ({"momentum": 1.0}, "momentum must be at least 0 and less than 1, but got 1.0"),
        ({"weight_decay": float("inf")}, "weight_decay must be finite and not negative, but got inf"),
        ({"nesterov": True}, "momentum must be greater than 0 with nesterov=True, but got 0.0"),
    ],
)
@pytest.mark.parametrize("in_group", [False, True])
def test_bad_options_are_refused_by_name(options: dict[str, Any], message: str, in_group: bool) -> None:
    parameters = [torch.nn.Parameter(torch.ones(1))]
    with pytest.raises(ValueError, match=message):
        _ = SGD([{"params": parameters, **options}]) if in_group else SGD(parameters, **options)


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
def test_what_is_no_number_is_refused_by_name(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a number, but got 'a'"):
        SGD([torch.nn.Parameter(torch.ones(1))], **{name: "a"})
