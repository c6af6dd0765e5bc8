"""Any sequence of gradients, options and states: torch's result."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from lrcore.torch import SGD


def events(seed: int) -> Iterator[tuple[str, int, float]]:
    generator = torch.Generator().manual_seed(seed)
    names = ["none", "grad", "grad", "lr", "momentum", "weight_decay", "maximize", "clear", "forget", "copy"]
    for _ in range(40):
        name, position = (int(torch.randint(n, (1,), generator=generator)) for n in (len(names), 3))
        yield names[name], position, float(torch.rand(1, generator=generator, dtype=torch.float64))


def apply(optimizer: Any, event: tuple[str, int, float]) -> Any:
    name, position, value = event
    group = optimizer.param_groups[position % 2]
    parameter = [param for each in optimizer.param_groups for param in each["params"]][position]
    if name == "none":
        parameter.grad = None
    elif name == "grad":
        parameter.grad = torch.full_like(parameter, value).cumsum(0)
    elif name in ("lr", "momentum", "weight_decay"):
        group[name] = value * 0.9 if value > 0.2 else 0.0
    elif name == "maximize":
        group[name] = not group[name]
    elif name == "clear":
        optimizer.state.clear()
    elif name == "forget":
        optimizer.state.pop(parameter, None)
    else:
        optimizer = copy.deepcopy(optimizer)
    return optimizer


@pytest.mark.parametrize("seed", range(10))
def test_any_sequence_of_events_has_torchs_effect(seed: int) -> None:
    optimizers = []
    for make in (SGD, torch.optim.SGD):
        params = [nn.Parameter(torch.ones(size, dtype=torch.float64)) for size in (5, 64, 17)]
        optimizers.append(make([{"params": params[:2]}, {"params": params[2:]}], lr=0.1, momentum=0.5, dampening=0.2))
    for event in events(seed):
        optimizers = [apply(optimizer, event) for optimizer in optimizers]
        for optimizer in optimizers:
            optimizer.step()
        ours, peers = ([group["params"] for group in optimizer.param_groups] for optimizer in optimizers)
        assert_close(ours, peers, rtol=1e-11, atol=1e-13)
        assert len(optimizers[0].state) == len(optimizers[1].state)
        assert_close(*([s["momentum_buffer"] for s in o.state.values()] for o in optimizers), rtol=1e-11, atol=1e-13)
