"""The state: interchange with torch, and copies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.sgd_training import ALL, OPTIONS, drawn, parameters, train


@pytest.mark.parametrize("change", range(5))
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("first", "second"), [(SGD, torch.optim.SGD), (torch.optim.SGD, SGD), (SGD, SGD)])
def test_a_run_can_change_over_between_torch_and_this(
    options: dict[str, Any], first: Any, second: Any, change: int
) -> None:
    whole = parameters(torch.float64, torch.float64)
    halves = copy.deepcopy(whole)
    train(torch.optim.SGD(whole, lr=1.0, **options), range(5))
    old = first(halves, lr=1.0, **options)
    train(old, range(change))
    new = second(halves, lr=3.0)
    new.load_state_dict(copy.deepcopy(old.state_dict()))
    assert {key: new.param_groups[0][key] for key in options} == options
    train(new, range(change, 5))
    assert_close(halves, whole, rtol=1e-12, atol=1e-15)


def test_torch_ignores_our_extra_state() -> None:
    ours, peers = parameters(torch.float32), parameters(torch.float32)
    old, peer = SGD(ours, lr=1.0, momentum=0.9, ema_decay=0.5), torch.optim.SGD(peers, lr=1.0, momentum=0.9)
    for optimizer in (old, peer):
        train(optimizer, range(2))
    new = torch.optim.SGD(ours, lr=1.0)
    new.load_state_dict(copy.deepcopy(old.state_dict()))
    for optimizer in (new, peer):
        train(optimizer, range(2, 5))
    assert_close(ours, peers)
    assert set(new.state[ours[0]]) == {"momentum_buffer", "average"}


def test_options_that_the_state_does_not_have_keep_their_values() -> None:
    ours = parameters(torch.float32)
    optimizer = SGD(ours, lr=1.0, ema_decay=0.5, master_weights=True)
    state = torch.optim.SGD(parameters(torch.float32), lr=0.25).state_dict()
    del state["param_groups"][0]["maximize"]
    optimizer.load_state_dict(state)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["ema_decay"], group["master_weights"], group["maximize"]) == (0.25, 0.5, True, False)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_float32_state_of_16_bit_parameters_is_not_rounded(dtype: torch.dtype) -> None:
    whole = parameters(dtype)
    old_params, new_params = copy.deepcopy((whole, whole))
    uninterrupted, old, new = (SGD(params, lr=1.0, **ALL) for params in (whole, old_params, new_params))
    train(uninterrupted, range(5))
    train(old, range(3))
    new.load_state_dict(pickle.loads(pickle.dumps(old.state_dict())))
    new_params[0].data.copy_(old_params[0])
    assert {name: value.dtype for name, value in new.state[new_params[0]].items()} == dict.fromkeys(
        ["momentum_buffer", "average", "master_weight"], torch.float32
    )
    train(new, range(3, 5))
    assert torch.equal(new_params[0], whole[0])
    for name, value in uninterrupted.state[whole[0]].items():
        assert torch.equal(new.state[new_params[0]][name], value)


def test_torchs_16_bit_momentum_is_widened() -> None:
    ours = parameters(torch.bfloat16)
    peer = torch.optim.SGD(copy.deepcopy(ours), lr=1.0, momentum=0.5)
    train(peer, range(1))
    optimizer = SGD(ours, lr=1.0)
    optimizer.load_state_dict(copy.deepcopy(peer.state_dict()))
    train(optimizer, range(1, 2))
    buffer = optimizer.state[ours[0]]["momentum_buffer"]
    expected = 0.5 * drawn(33, torch.bfloat16, seed=100).float() + drawn(33, torch.bfloat16, seed=110).float()
    assert torch.equal(buffer, expected)
    assert optimizer.path == "core"


def test_load_state_dict_hooks_can_change_the_state() -> None:
    ours = parameters(torch.bfloat16)
    old, new = (SGD(ours, lr=1.0, momentum=0.5) for _ in range(2))
    train(old, range(1))
    seen = []

    def doubled(_: Any, state_dict: dict[str, Any]) -> dict[str, Any]:
        buffer = state_dict["state"][0]["momentum_buffer"]
        return {**state_dict, "state": {0: {"momentum_buffer": 2 * buffer}}}

    new.register_load_state_dict_pre_hook(doubled)
    new.register_load_state_dict_post_hook(lambda loaded: seen.append(loaded.state[ours[0]]["momentum_buffer"]))
    new.load_state_dict(old.state_dict())
    assert torch.equal(seen[0], 2 * old.state[ours[0]]["momentum_buffer"])
    assert len(new._optimizer_load_state_dict_pre_hooks) == 1


def test_a_state_with_an_option_out_of_range_is_refused() -> None:
    optimizer = SGD(parameters(torch.float32), lr=0.25)
    for option, value, message in (
        ("differentiable", True, "differentiable=True is not supported"),
        ("momentum", -1.0, "momentum must be finite and not negative, but got -1.0"),
    ):
        state = torch.optim.SGD(parameters(torch.float32), lr=0.5).state_dict()
        state["param_groups"][0][option] = value
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.25


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_copied_optimizer_continues_alike(copied: Callable[..., Any], dtype: torch.dtype) -> None:
    ours = parameters(dtype, torch.float64)
    optimizer = SGD(ours, lr=1.0, **ALL)
    train(optimizer, range(2))
    others, other = copied((ours, optimizer))
    for each in (optimizer, other):
        train(each, range(2, 5))
    assert [torch.equal(*pair) for pair in zip(ours, others, strict=True)] == [True, True]
    assert other.grad_norm == optimizer.grad_norm
    assert str(other) == str(optimizer)
