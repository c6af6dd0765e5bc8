"""The arguments: torch's, in torch's order, and refusals by name."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch

from lrcore.torch import SGD

OURS = ["max_grad_norm", "ema_decay", "master_weights"]


def one() -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.ones(1))]


def test_the_arguments_are_those_of_torch_and_three_more() -> None:
    ours, peers = (list(inspect.signature(make).parameters.values()) for make in (SGD, torch.optim.SGD))
    assert [(p.name, p.kind, p.default) for p in ours[: len(peers)]] == [(p.name, p.kind, p.default) for p in peers]
    assert [parameter.name for parameter in ours[len(peers) :]] == OURS


def test_arguments_by_position_are_those_of_torch() -> None:
    arguments = (0.1, 0.9, 0.0, 0.01, True)
    ours, peer = SGD(one(), *arguments), torch.optim.SGD(one(), *arguments)
    assert {key: ours.defaults[key] for key in peer.defaults} == peer.defaults
    assert list(ours.param_groups[0])[: len(peer.param_groups[0])] == list(peer.param_groups[0])[:10]


@pytest.mark.parametrize("options", [{}, {"foreach": True}, {"fused": True}, {"foreach": False, "fused": False}])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_foreach_and_fused_make_no_difference(options: dict[str, Any], dtype: torch.dtype) -> None:
    parameter = torch.nn.Parameter(torch.ones(100, dtype=dtype))
    optimizer = SGD([parameter], lr=0.5, momentum=0.5, **options)
    parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    assert parameter.tolist() == [0.5] * 100
    assert optimizer.path == "core"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -0.1}, "lr must be finite and not negative, but got -0.1"),
        ({"lr": float("nan")}, "lr must be finite and not negative, but got nan"),
        ({"lr": torch.tensor(-1.0)}, "lr must be finite and not negative, but got -1.0"),
        ({"lr": torch.ones(2)}, "lr must have 1 element, but got a tensor of 2"),
        ({"momentum": -0.1}, "momentum must be finite and not negative, but got -0.1"),
        ({"momentum": float("inf")}, "momentum must be finite and not negative, but got inf"),
        ({"dampening": float("nan")}, "dampening must be finite, but got nan"),
        ({"weight_decay": float("inf")}, "weight_decay must be finite and not negative, but got inf"),
        ({"weight_decay": torch.tensor(-1.0)}, "weight_decay must be finite and not negative, but got -1.0"),
        ({"nesterov": True}, "momentum must be greater than 0 with nesterov=True, but got 0"),
        (
            {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
            "dampening must be 0 with nesterov=True, but got 0.1",
        ),
        (
            {"differentiable": True},
            "differentiable=True is not supported: use torch.optim.SGD to differentiate through updates",
        ),
        ({"ema_decay": 1.0}, "ema_decay must be at least 0 and less than 1, but got 1.0"),
        ({"ema_decay": -0.5}, "ema_decay must be at least 0 and less than 1, but got -0.5"),
    ],
)
@pytest.mark.parametrize("in_group", [False, True])
def test_bad_options_are_refused_by_name(options: dict[str, Any], message: str, in_group: bool) -> None:
    with pytest.raises(ValueError, match=message):
        _ = SGD([{"params": one(), **options}]) if in_group else SGD(one(), **options)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_bad_max_grad_norm_is_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match=f"max_grad_norm must be greater than 0, but got {value}"):
        SGD(one(), max_grad_norm=value)


@pytest.mark.parametrize("name", ["lr", "momentum", "dampening", "weight_decay", "ema_decay", "max_grad_norm"])
def test_a_non_number_is_refused_by_name(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a number, but got 'a'"):
        SGD(one(), **{name: "a"})


def test_master_weights_that_are_no_flag_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="master_weights must be True or False, but got 'a'"):
        SGD(one(), master_weights="a")  # type: ignore[arg-type]


def test_a_refused_group_is_not_added() -> None:
    optimizer = SGD(one(), lr=0.1)
    with pytest.raises(ValueError, match="lr must be finite"):
        optimizer.add_param_group({"params": one(), "lr": -1.0})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_a_tensor_is_read_at_each_update(name: str, dtype: torch.dtype) -> None:
    option = torch.tensor(0.5, dtype=dtype)
    params = [torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16))]
    optimizer = SGD(params, **{"lr": 1.0, name: option})
    for value, expected in {"lr": [(0.5, 0.5), (0.25, 0.25)], "weight_decay": [(0.5, -0.5), (2.0, -0.5)]}[name]:
        option.fill_(value)
        for parameter in params:
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        assert [parameter.tolist() for parameter in params] == [[expected] * 2] * 2


def test_a_clipping_norm_of_a_group_is_refused() -> None:
    sentence = r"^max_grad_norm must not be a group's own, as it clips all together: 0\.1$"
    with pytest.raises(ValueError, match=sentence):
        SGD([{"params": one(), "max_grad_norm": 0.1}])


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_clipping_norm_that_is_set_later_is_checked_too(value: float) -> None:
    optimizer = SGD(one(), max_grad_norm=2.0)
    with pytest.raises(ValueError, match=f"max_grad_norm must be greater than 0, but got {value}"):
        optimizer.max_grad_norm = value
    assert optimizer.max_grad_norm == 2.0


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
def test_values_beyond_float32_are_refused(name: str) -> None:
    """Rounded to infinity, it would turn a weight whose gradient is 0 into NaN."""
    with pytest.raises(ValueError, match=f"{name} must be at most 3.4028234663852886e[+]38, float32's largest"):
        SGD(one(), **{name: 1e39})
    parameter = one()[0]
    optimizer = SGD([parameter], momentum=0.5)
    optimizer.param_groups[0][name] = 1e39
    parameter.grad = torch.zeros(1)
    with pytest.raises(ValueError, match=f"{name} must be at most float32's largest number, but got 1e.39"):
        optimizer.step()
    assert parameter.item() == 1.0
