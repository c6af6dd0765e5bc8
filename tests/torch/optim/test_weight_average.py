"""Averages of the weights, and the context in which the parameters hold them."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.testing import assert_close

from lrcore.torch import SGD
from tests.support.sgd_parameters import NESTEROV, parameters, set_gradients, strided


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_average_matches_torchs_averaged_model(dtype: torch.dtype) -> None:
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


def test_the_averages_are_swapped_in_only_within_the_context() -> None:
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
    inside: list[torch.Tensor] = []

    def evaluate() -> None:
        with optimizer.averaged_weights():
            inside.extend(parameter.detach().clone() for parameter in ours)
            raise KeyError

    with pytest.raises(KeyError):
        evaluate()
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


def test_a_context_that_cannot_be_entered_leaves_the_weights() -> None:
    params = [nn.Parameter(torch.ones(2)) for _ in range(2)]
    optimizer = SGD(params, lr=0.5, ema_decay=0.5)
    set_gradients(params, 0)
    optimizer.step()
    before = [param.detach().clone() for param in params]
    optimizer.state[params[0]]["average"].zero_()
    optimizer.state[params[1]]["average"] = torch.zeros(3)
    with pytest.raises(RuntimeError, match="must match"), optimizer.averaged_weights():
        pass
    assert_close([param.detach() for param in params], before)
