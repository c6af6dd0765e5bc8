"""Closures, groups, names and refusals as in torch's SGD."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lrcore.torch import SGD
from tests.support.small_models import BOTH, batch, linear, one


@BOTH
def test_the_loss_of_the_closure_is_returned(make: Any) -> None:
    parameter = nn.Parameter(torch.tensor(3.0))
    optimizer = make([parameter], lr=0.25)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = parameter**2
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert parameter.item() == 3.0 - 0.25 * 6.0
    assert optimizer.step() is None


@BOTH
@pytest.mark.parametrize("set_to_none", [False, True])
def test_zero_grad(make: Any, set_to_none: bool) -> None:
    for options in ({}, {"foreach": True}):
        parameter = one()
        make([parameter], lr=0.5, momentum=0.9, **options).zero_grad(set_to_none)
        assert (parameter.grad is None) == set_to_none
        assert set_to_none or parameter.grad.tolist() == [0.0]  # type: ignore[union-attr]


def test_the_repr_is_torchs_with_three_more_options() -> None:
    ours, peer = (repr(make([one()], lr=0.5, momentum=0.9)).splitlines() for make in (SGD, torch.optim.SGD))
    assert [line for line in ours if line not in peer] == ["    ema_decay: None", "    master_weights: False"]
    assert [line for line in peer if line not in ours] == []


def test_groups_get_the_defaults_and_keep_their_own() -> None:
    for make in (SGD, torch.optim.SGD):
        optimizer = make([{"params": [one()], "lr": 0.25, "name": "first"}, {"params": [one()]}], lr=0.5, momentum=0.9)
        assert [(group["lr"], group["momentum"], group.get("name")) for group in optimizer.param_groups] == [
            (0.25, 0.9, "first"),
            (0.5, 0.9, None),
        ]
        optimizer.step()
        assert [group["params"][0].item() for group in optimizer.param_groups] == [0.75, 0.5]


@BOTH
def test_named_parameters_keep_their_names(make: Any) -> None:
    model = linear()
    optimizer = make(model.named_parameters(), lr=0.5, momentum=0.9)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    model(batch(0)).sum().backward()
    optimizer.step()
    assert len(optimizer.state) == 2


@BOTH
def test_torchs_refusals(make: Any) -> None:
    with pytest.raises(ValueError, match="empty parameter list"):
        make([], lr=0.1)
    with pytest.raises(TypeError, match="should be an iterable"):
        make(one(), lr=0.1)
    with pytest.raises(TypeError, match="can only optimize Tensors"):
        make([3], lr=0.1)
    shared = one()
    with pytest.raises(ValueError, match="more than one parameter group"):
        make([{"params": [shared]}, {"params": [shared]}], lr=0.1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_parameter_twice_in_a_group_is_updated_twice(momentum: float) -> None:
    results = []
    for make in (SGD, torch.optim.SGD):
        parameter = one()
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = make([parameter, parameter], lr=0.5, momentum=momentum)
        for _ in range(3):
            optimizer.step()
        results.append(parameter.item())
    assert results[0] == results[1]


def test_lazy_parameters_are_skipped_until_they_have_a_gradient() -> None:
    """The same happens with torch's SGD."""
    weights = []
    for make in (SGD, torch.optim.SGD):
        torch.manual_seed(0)
        model = nn.ModuleList([nn.LazyLinear(2), nn.Linear(3, 2)])
        optimizer = make(model.parameters(), lr=0.1, momentum=0.9)
        for used in ((1,), (1,), (0, 1), (0, 1)):
            optimizer.zero_grad()
            torch.manual_seed(1)
            sum(model[index](torch.ones(1, 3)).sum() for index in used).backward()
            optimizer.step()
        weights.append([parameter.detach() for parameter in model.parameters()])
    torch.testing.assert_close(*weights)


def test_core_updates_are_kept_when_torch_refuses_a_parameter() -> None:
    expected = []
    for make in (SGD, torch.optim.SGD):
        good, overlapping = one(), nn.Parameter(torch.ones(1).expand(3))
        overlapping.grad = torch.ones(3)
        optimizer = make([{"params": [good]}, {"params": [overlapping]}], lr=0.1, momentum=0.9)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="single memory location"):
                optimizer.step()
        expected.append((good.item(), optimizer.state[good]["momentum_buffer"].item()))
    assert expected[0] == pytest.approx(expected[1], rel=1e-6)
