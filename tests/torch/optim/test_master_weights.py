"""Float32 master weights of 16-bit parameters."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.sgd_parameters import NESTEROV, parameters, set_gradients, strided


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


def test_weights_written_between_steps_update_the_master() -> None:
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


@pytest.mark.parametrize(
    "write",
    [
        lambda p: torch.nn.utils.vector_to_parameters(torch.full((3,), 5.0, dtype=p.dtype), [p]),
        lambda p: setattr(p, "data", torch.full_like(p, 5.0)),
        lambda p: p.data.copy_(torch.full_like(p, 5.0)),
        lambda p: p.detach().fill_(5.0),
    ],
)
@pytest.mark.parametrize("lay_out", [torch.clone, strided])
def test_weights_written_through_data_are_not_overwritten(write: Any, lay_out: Any) -> None:
    parameter = nn.Parameter(lay_out(torch.ones(3, dtype=torch.bfloat16)))
    optimizer = SGD([parameter], lr=0.5, master_weights=True)
    for update in range(4):
        if update == 2:
            write(parameter)
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    assert parameter.tolist() == [4.0] * 3
    assert optimizer.state[parameter]["master_weight"].tolist() == [4.0] * 3
