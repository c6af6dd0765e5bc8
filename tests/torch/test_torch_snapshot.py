from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrcore.torch.snapshot import Snapshot


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))


OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, amsgrad=True),
    "adam, tensor lr": lambda parameters: torch.optim.Adam(parameters, lr=torch.tensor(0.1)),
    "adagrad": lambda parameters: torch.optim.Adagrad(parameters, lr=0.1),
    "lbfgs": lambda parameters: torch.optim.LBFGS(parameters, lr=0.1, max_iter=2),
}


def train(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 3) -> None:
    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = net(torch.randn(16, 4)).square().mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


def contents(value: Any) -> Any:
    """`value` with every tensor as its bytes, for an exact comparison."""
    if isinstance(value, torch.Tensor):
        return (value.dtype, value.stride(), value.detach().contiguous().numpy().tobytes())
    if isinstance(value, dict):
        return {key: contents(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [contents(item) for item in value]
    return value


def everything(net: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    return contents(
        [
            net.state_dict(),
            optimizer.state_dict(),
            [parameter.grad for parameter in net.parameters()],
            [module.training for module in net.modules()],
        ]
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("steps_before", [0, 2])
def test_restoring_undoes_training_any_number_of_times(optimizer: str, steps_before: int) -> None:
    net = model()
    trained = OPTIMIZERS[optimizer](net.parameters())
    train(net, trained, steps_before)
    before = everything(net, trained)
    snapshot = Snapshot([net], trained)
    for _ in range(3):
        train(net, trained)
        assert everything(net, trained) != before
        snapshot.restore()
        assert everything(net, trained) == before


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_as_if_there_had_been_no_training_in_between(optimizer: str) -> None:
    results = []
    for in_between in (False, True):
        net = model()
        trained = OPTIMIZERS[optimizer](net.parameters())
        train(net, trained)
        if in_between:
            snapshot = Snapshot([net], trained)
            train(net, trained)
            snapshot.restore()
        train(net, trained)
        results.append(everything(net, trained))
    assert results[0] == results[1]


def test_parameters_buffers_gradients_and_group_dictionaries_keep_their_identity() -> None:
    net = model()
    optimizer = OPTIMIZERS["adam, tensor lr"](net.parameters())
    train(net, optimizer)

    def identities() -> list[int]:
        tensors = [*net.parameters(), *net.buffers(), *(parameter.grad for parameter in net.parameters())]
        states = [value for state in optimizer.state.values() for value in state.values()]
        groups = [optimizer.param_groups, *optimizer.param_groups, optimizer.state, optimizer.param_groups[0]["lr"]]
        return [id(item) for item in (*tensors, *states, *groups)] + [tensor.data_ptr() for tensor in tensors]

    before = identities()
    snapshot = Snapshot([net], optimizer)
    train(net, optimizer)
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    snapshot.restore()
    assert identities() == before


def test_a_gradient_that_was_none_is_none_and_one_that_was_there_has_its_values() -> None:
    net = model()
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    first, *others = net.parameters()
    first.grad = torch.full_like(first, 3.0)
    gradient = first.grad
    snapshot = Snapshot([net], optimizer)
    net(torch.randn(16, 4)).sum().backward()
    assert not torch.equal(gradient, torch.full_like(first, 3.0))
    snapshot.restore()
    assert first.grad is gradient
    assert torch.equal(gradient, torch.full_like(first, 3.0))
    assert [parameter.grad for parameter in others] == [None] * 5


def test_each_module_gets_its_own_training_flag_back() -> None:
    net = model()
    net[1].eval()
    snapshot = Snapshot([net], OPTIMIZERS["sgd"](net.parameters()))
    net.eval()
    snapshot.restore()
    assert [module.training for module in net.modules()] == [True, True, False, True, True]


def test_replaced_tensors_are_put_back() -> None:
    net = model()
    optimizer = OPTIMIZERS["sgd"](net.parameters())
    weight, mean = net[0].weight, net[1].running_mean
    expected, address = weight.detach().clone(), weight.data_ptr()
    snapshot = Snapshot([net], optimizer)
    weight.data = torch.zeros(8, 4, dtype=torch.float64)
    net[1].running_mean = torch.ones(8)
    net[0].bias = nn.Parameter(torch.ones(8))
    snapshot.restore()
    assert net[0].weight is weight
    assert net[1].running_mean is mean
    assert weight.data_ptr() == address
    assert torch.equal(weight, expected)
    assert net[0].bias is optimizer.param_groups[0]["params"][1]


def test_parameters_that_only_the_optimizer_knows_are_restored() -> None:
    scale = nn.Parameter(torch.ones(2))
    optimizer = OPTIMIZERS["sgd"]([scale])
    snapshot = Snapshot([], optimizer)
    scale.grad = torch.ones(2)
    optimizer.step()
    snapshot.restore()
    assert scale.tolist() == [1.0, 1.0]
    assert scale.grad is None
    assert not optimizer.state


def test_groups_and_options_are_restored() -> None:
    net = model()
    optimizer = OPTIMIZERS["adam"](net.parameters())
    snapshot = Snapshot([net], optimizer)
    optimizer.add_param_group({"params": [nn.Parameter(torch.ones(1))]})
    optimizer.param_groups[0].update(lr=9.0, betas=(0.0, 0.0), initial_lr=1.0)
    snapshot.restore()
    assert len(optimizer.param_groups) == 1
    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"]) == (0.1, (0.9, 0.999))
    assert "initial_lr" not in optimizer.param_groups[0]


def test_other_objects_in_the_optimizer_state_are_restored_every_time() -> None:
    optimizer = OPTIMIZERS["sgd"]([nn.Parameter(torch.ones(1))])
    optimizer.state["shared"] = {"losses": deque([1.0]), "counts": [1, (2,)]}
    snapshot = Snapshot([], optimizer)
    for _ in range(2):
        optimizer.state["shared"]["losses"].append(2.0)
        optimizer.state["shared"]["counts"].append(3)
        snapshot.restore()
        assert optimizer.state["shared"] == {"losses": deque([1.0]), "counts": [1, (2,)]}


def test_all_random_generators_are_restored() -> None:
    own = torch.Generator().manual_seed(3)
    net = model()
    snapshot = Snapshot([net], OPTIMIZERS["sgd"](net.parameters()), [own])

    def draws() -> list[float]:
        torchs = [torch.rand(()).item(), torch.randn(()).item(), torch.rand((), generator=own).item()]
        return [random.random(), random.gauss(0, 1), float(np.random.rand()), float(np.random.randn()), *torchs]

    first = draws()
    draws()
    snapshot.restore()
    assert draws() == first
