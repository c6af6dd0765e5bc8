"""What torch's SGD does not have: clipping without writing, averaged weights and master weights."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.testing import assert_close

from lrcore.torch import SGD

NESTEROV: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
SHAPES = [(3, 4), (17,), (), (100,)]


def drawn(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def strided(tensor: torch.Tensor) -> torch.Tensor:
    return torch.stack([tensor, tensor], dim=-1)[..., 0]


def parameters(dtype: torch.dtype = torch.float64, *, with_strided: bool = True) -> list[nn.Parameter]:
    tensors = [drawn(shape, seed).to(dtype) for seed, shape in enumerate(SHAPES)]
    return [nn.Parameter(tensor) for tensor in [*tensors, *([strided(tensors[-1])] if with_strided else [])]]


def set_gradients(params: list[nn.Parameter], update: int, size: float = 1.0) -> None:
    for index, parameter in enumerate(params):
        parameter.grad = (size * drawn(tuple(parameter.shape), 10 * update + index + 100)).to(parameter.dtype)


# Clipping


@pytest.mark.parametrize("max_grad_norm", [0.1, 1.0, 1e3])
def test_clipping_is_that_of_torch(max_grad_norm: float) -> None:
    ours, peers = parameters(), parameters()
    groups = [{"params": ours[:2]}, {"params": ours[2:], "momentum": 0.5}]
    optimizer = SGD(groups, max_grad_norm=max_grad_norm, **NESTEROV)
    peer = torch.optim.SGD([{"params": peers[:2]}, {"params": peers[2:], "momentum": 0.5}], **NESTEROV)
    assert optimizer.grad_norm is None
    for update in range(3):
        set_gradients(ours, update)
        set_gradients(peers, update)
        kept = copy.deepcopy([parameter.grad for parameter in ours])
        norm = torch.nn.utils.clip_grad_norm_(peers, max_grad_norm)
        optimizer.step()
        peer.step()
        assert optimizer.grad_norm == pytest.approx(float(norm), rel=1e-14)
        assert_close(ours, peers, rtol=1e-12, atol=1e-14)
        assert all(torch.equal(parameter.grad, grad) for parameter, grad in zip(ours, kept, strict=True))
    assert optimizer.path == "core, torch"


@pytest.mark.parametrize("bad", [torch.inf, torch.nan])
def test_a_norm_that_is_not_finite_has_torchs_effect(bad: float) -> None:
    ours, peers = parameters(), parameters()
    optimizer, peer = SGD(ours, max_grad_norm=1.0, **NESTEROV), torch.optim.SGD(peers, **NESTEROV)
    for params in (ours, peers):
        set_gradients(params, 0)
        params[1].grad[3] = bad  # type: ignore[index]
    torch.nn.utils.clip_grad_norm_(peers, 1.0)
    optimizer.step()
    peer.step()
    assert_close(ours, peers, equal_nan=True)
    assert str(optimizer.grad_norm) == str(bad)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_norm_of_the_core_is_that_of_all_gradients_together(dtype: torch.dtype) -> None:
    ours = parameters(dtype, with_strided=False)
    optimizer = SGD(ours, lr=0.1, max_grad_norm=1.0)
    set_gradients(ours, 0)
    optimizer.step()
    exact = math.sqrt(sum(float(p.grad.double().square().sum()) for p in ours if p.grad is not None))
    assert optimizer.grad_norm == pytest.approx(exact, rel=1e-12)


def test_the_norm_is_none_when_the_last_step_did_not_clip_and_0_without_gradients() -> None:
    ours = parameters()
    optimizer = SGD(ours, lr=0.1, max_grad_norm=1.0)
    optimizer.step()
    assert optimizer.grad_norm == 0.0
    optimizer.max_grad_norm = None
    set_gradients(ours, 0)
    optimizer.step()
    assert optimizer.grad_norm is None


# Averaged weights


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_average_is_that_of_torchs_averaged_model(dtype: torch.dtype) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)
    model[2].weight = nn.Parameter(strided(model[2].weight.detach()))
    optimizer = SGD(model.parameters(), ema_decay=0.9, **NESTEROV)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    for update in range(5):
        set_gradients(list(model.parameters()), update)
        optimizer.step()
        averaged.update_parameters(model)
        averages = [optimizer.state[parameter]["average"] for parameter in model.parameters()]
        assert_close(averages, [parameter.detach() for parameter in averaged.module.parameters()])
    assert optimizer.path == "core, torch"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_average_of_16_bit_weights_is_a_float32_average(dtype: torch.dtype) -> None:
    ours = parameters(dtype)
    optimizer = SGD(ours, ema_decay=0.9, **NESTEROV)
    expected: list[torch.Tensor] = []
    for update in range(5):
        set_gradients(ours, update)
        optimizer.step()
        weights = [parameter.detach().float() for parameter in ours]
        expected = [0.9 * e + 0.1 * p for e, p in zip(expected, weights, strict=True)] if update else weights
    assert_close([optimizer.state[parameter]["average"] for parameter in ours], expected)


def test_the_averages_are_in_the_parameters_within_the_context_only() -> None:
    ours = parameters()
    ours[0].requires_grad_(False)
    optimizer = SGD(ours, ema_decay=0.5, **NESTEROV)
    with optimizer.averaged_weights():
        assert_close(ours, parameters(), rtol=0, atol=0)
    for update in range(2):
        set_gradients(ours[1:], update)
        optimizer.step()
    weights = copy.deepcopy(ours)
    averages = [optimizer.state[parameter]["average"].clone() for parameter in ours[1:]]
    with pytest.raises(KeyError), optimizer.averaged_weights():
        inside = [parameter.detach().clone() for parameter in ours]
        raise KeyError
    assert_close(inside, [weights[0].detach(), *averages], rtol=0, atol=0)
    assert_close(ours, weights, rtol=0, atol=0)
    assert_close([optimizer.state[parameter]["average"] for parameter in ours[1:]], averages, rtol=0, atol=0)


def test_tied_weights_are_back_after_the_context() -> None:
    memory = torch.ones(3)
    ours = [nn.Parameter(memory), nn.Parameter(memory)]
    optimizer = SGD(ours, ema_decay=0.5, lr=0.5)
    for _ in range(2):
        for parameter in ours:
            parameter.grad = torch.ones(3)
        optimizer.step()
    before = memory.clone()
    with optimizer.averaged_weights():
        assert not torch.equal(memory, before)
    assert torch.equal(memory, before)


def test_averaged_weights_are_refused_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="ema_decay must be a number for averaged_weights, but got None"):
        SGD(parameters(), lr=0.1).averaged_weights()


def test_a_group_can_have_no_average() -> None:
    ours = parameters()
    optimizer = SGD([{"params": ours[:2]}, {"params": ours[2:], "ema_decay": None}], ema_decay=0.5, **NESTEROV)
    set_gradients(ours, 0)
    optimizer.step()
    assert ["average" in optimizer.state[parameter] for parameter in ours] == [True, True, False, False, False]


# Master weights


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_master_weights_take_the_path_of_float32_training(dtype: torch.dtype) -> None:
    ours = parameters(dtype)
    peers = [nn.Parameter(parameter.detach().float()) for parameter in ours]
    optimizer = SGD(ours, master_weights=True, ema_decay=0.9, **NESTEROV)
    peer = SGD(peers, ema_decay=0.9, **NESTEROV)
    for update in range(10):
        set_gradients(ours, update)
        for parameter, theirs in zip(ours, peers, strict=True):
            theirs.grad = parameter.grad.float()  # type: ignore[union-attr]
        optimizer.step()
        peer.step()
    assert_close([optimizer.state[parameter]["master_weight"] for parameter in ours], [p.detach() for p in peers])
    assert_close([optimizer.state[p]["average"] for p in ours], [peer.state[p]["average"] for p in peers])
    assert_close([p.detach() for p in ours], [p.detach().to(dtype) for p in peers], rtol=0, atol=0)


def test_only_16_bit_parameters_have_master_weights() -> None:
    ours = [*parameters(torch.float32), *parameters(torch.bfloat16)]
    optimizer = SGD(ours, lr=0.1, master_weights=True)
    set_gradients(ours, 0)
    optimizer.step()
    assert [parameter.dtype for parameter in optimizer.state] == [torch.bfloat16] * 5


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_small_updates_are_not_lost(steps: int) -> None:
    parameter = nn.Parameter(torch.ones(100, dtype=torch.bfloat16))
    optimizer = SGD([parameter], lr=2.0**-12, master_weights=True)
    for _ in range(steps):
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    if steps:
        assert optimizer.state[parameter]["master_weight"].tolist() == [1 - steps * 2.0**-12] * 100


@pytest.mark.parametrize("load_the_optimizer_first", [False, True])
def test_weights_that_others_write_are_not_overwritten(load_the_optimizer_first: bool) -> None:
    parameter = nn.Parameter(torch.zeros(2, dtype=torch.bfloat16))
    optimizer = SGD([parameter], lr=2.0**-12, master_weights=True)
    for _ in range(3):
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    if load_the_optimizer_first:
        optimizer.load_state_dict(saved)
    with torch.no_grad():
        parameter[1] = 4.0  # the other one keeps what its 16 bits do not show
    if not load_the_optimizer_first:
        optimizer.load_state_dict(saved)
    parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    assert optimizer.state[parameter]["master_weight"].tolist() == [-4 * 2.0**-12, 4 - 2.0**-12]


def test_weights_written_between_two_steps_are_followed_without_loading() -> None:
    parameter = nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    optimizer = SGD([parameter], lr=2.0**-12, master_weights=True, ema_decay=0.5)
    for value in (None, None, 4.0):
        if value is not None:
            with torch.no_grad():
                parameter[1] = value
        with optimizer.averaged_weights():
            pass
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    assert optimizer.state[parameter]["master_weight"].tolist() == [1 - 3 * 2.0**-12, 4 - 2.0**-12]


def test_a_model_that_becomes_16_bit_gets_its_master_weights() -> None:
    model = nn.Linear(3, 2)
    optimizer = SGD(model.parameters(), master_weights=True, **NESTEROV)
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        model.to(dtype)
        set_gradients(list(model.parameters()), 0)
        optimizer.step()
        state = optimizer.state[model.weight]
        assert state["momentum_buffer"].dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
        assert ("master_weight" in state) == (dtype != torch.float32)
        assert optimizer.path == "core"
