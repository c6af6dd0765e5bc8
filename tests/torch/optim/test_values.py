"""Every option and type: the bits of the recurrence in NumPy, and the values of torch within 2 ulp a step."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from lrcore.torch import SGD

SIZES = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000]
LRS = [0.1, 0.05, 0.2, 0.1]
NUMPY = {torch.float32: np.float32, torch.float64: np.float64}
MOMENTA: list[dict[str, Any]] = [
    {"momentum": 0.0},
    {"momentum": 0.0, "dampening": 0.3},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.9, "dampening": 0.3},
    {"momentum": 1.5},
]
OPTIONS = [
    {**momentum, "weight_decay": weight_decay, "maximize": maximize}
    for momentum, weight_decay, maximize in itertools.product(MOMENTA, [0.0, 0.01], [False, True])
]
all_options = pytest.mark.parametrize("options", OPTIONS, ids=str)
float_types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
half_types = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])


def drawn(size: int, dtype: torch.dtype, seed: int) -> torch.Tensor:
    return torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


def parameters(dtype: torch.dtype) -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(drawn(size, dtype, seed=size)) for size in SIZES]


def gradient(parameter: torch.Tensor, update: int) -> torch.Tensor:
    return drawn(parameter.numel(), parameter.dtype, seed=1000 * update + parameter.numel() + 1)


def train(optimizer: torch.optim.Optimizer, updates: range) -> None:
    for update in updates:
        for group in optimizer.param_groups:
            group["lr"] = LRS[update]
            for parameter in group["params"]:
                parameter.grad = gradient(parameter, update)
        optimizer.step()


class Recurrence:
    """torch's recurrence on one array, each operation rounded in its type; the terms of the last update are kept."""

    def __init__(self, p: np.ndarray[Any, Any], options: dict[str, Any]) -> None:
        self.p, self.b = p.copy(), None
        self._options = {"dampening": 0.0, "nesterov": False, **options}

    def update(self, g: np.ndarray[Any, Any], lr: float) -> None:
        scalar, options = self.p.dtype.type, self._options
        mu, wd = scalar(options["momentum"]), scalar(options["weight_decay"])
        g = -g if options["maximize"] else g
        if wd:
            g = g + wd * self.p
        u = g
        if mu:
            self.b = g if self.b is None else mu * self.b + scalar(1 - options["dampening"]) * g
            u = g + mu * self.b if options["nesterov"] else self.b
        self.p = self.p - scalar(lr) * u


@float_types
@all_options
def test_the_bits_are_those_of_the_recurrence_in_numpy(dtype: torch.dtype, options: dict[str, Any]) -> None:
    ours = parameters(dtype)
    expected = [Recurrence(parameter.detach().numpy(), options) for parameter in ours]
    optimizer = SGD(ours, lr=1.0, **options)
    train(optimizer, range(4))
    for parameter, recurrence in zip(ours, expected, strict=True):
        for update, lr in enumerate(LRS):
            recurrence.update(gradient(parameter, update).numpy(), lr)
        assert parameter.detach().numpy().tobytes() == recurrence.p.tobytes()
        if recurrence.b is not None:
            assert optimizer.state[parameter]["momentum_buffer"].numpy().tobytes() == recurrence.b.tobytes()
    assert optimizer.path == "core"


@half_types
@pytest.mark.parametrize("master_weights", [False, True])
@all_options
def test_16_bits_are_those_of_the_recurrence_in_float32_rounded(
    dtype: torch.dtype, master_weights: bool, options: dict[str, Any]
) -> None:
    """The fused CPU kernel of torch 2.13 leaves 16-bit parameters as they were in every full vector."""
    ours = parameters(dtype)
    expected = [Recurrence(parameter.detach().float().numpy(), options) for parameter in ours]
    optimizer = SGD(ours, lr=1.0, master_weights=master_weights, **options)
    train(optimizer, range(4))
    for parameter, recurrence in zip(ours, expected, strict=True):
        for update, lr in enumerate(LRS):
            recurrence.update(gradient(parameter, update).float().numpy(), lr)
            if not master_weights:
                recurrence.p = torch.from_numpy(recurrence.p).to(dtype).float().numpy()
        assert torch.equal(parameter, torch.from_numpy(recurrence.p).to(dtype))
        if master_weights:
            assert optimizer.state[parameter]["master_weight"].numpy().tobytes() == recurrence.p.tobytes()
        if recurrence.b is not None:
            assert optimizer.state[parameter]["momentum_buffer"].numpy().tobytes() == recurrence.b.tobytes()
    assert optimizer.path == "core"


def two_ulp(terms: list[torch.Tensor]) -> torch.Tensor:
    """Twice the unit in the last place of the largest term or partial sum: cancellation can leave a small result."""
    largest = torch.stack([term.abs() for term in terms]).amax(dim=0)
    return 2 * (torch.nextafter(largest, torch.tensor(torch.inf, dtype=largest.dtype)) - largest)


@float_types
@all_options
def test_each_step_is_within_2_ulp_of_torch(dtype: torch.dtype, options: dict[str, Any]) -> None:
    """Each of the sums in a step: the momentum, where it looks ahead, and the parameter."""
    peers = [parameter.detach() for parameter in parameters(dtype)]
    peer = torch.optim.SGD(peers, lr=1.0, foreach=False, **options)
    for update, lr in enumerate(LRS):
        starts, ours = copy.deepcopy((peers, peers))
        optimizer = SGD(ours, lr=1.0)
        optimizer.load_state_dict(copy.deepcopy(peer.state_dict()))
        old = copy.deepcopy(peer.state_dict()["state"])
        train(optimizer, range(update, update + 1))
        train(peer, range(update, update + 1))
        for index, (p, peer_p, start) in enumerate(zip(ours, peers, starts, strict=True)):
            terms = [gradient(start, update), start * options["weight_decay"]]
            difference = torch.zeros_like(start)
            if momentum := options["momentum"]:
                b, peer_b = optimizer.state[p]["momentum_buffer"], peer.state[peer_p]["momentum_buffer"]
                terms += [momentum * old[index]["momentum_buffer"] if update else b, b]
                difference = (b - peer_b).abs()
                assert (difference <= two_ulp(terms)).all()
                terms.append(momentum * b)
            if options.get("nesterov"):
                difference = difference + two_ulp([*terms, (p - start) / lr])
            assert (
                (p - peer_p).abs() <= two_ulp([start, p - start, *(lr * term for term in terms)]) + lr * difference
            ).all()


@all_options
def test_a_run_in_float64_ends_where_torchs_ends(options: dict[str, Any]) -> None:
    ours, peers = parameters(torch.float64), parameters(torch.float64)
    train(SGD(ours, lr=1.0, **options), range(4))
    train(torch.optim.SGD(peers, lr=1.0, **options), range(4))
    assert_close(ours, peers, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_nan_and_infinite_gradients_reach_the_parameter(dtype: torch.dtype) -> None:
    parameter = torch.nn.Parameter(torch.ones(3, dtype=dtype))
    parameter.grad = torch.tensor([torch.nan, torch.inf, 1.0], dtype=dtype)
    SGD([parameter], lr=1.0, momentum=0.5, nesterov=True).step()
    assert str(parameter.tolist()) == "[nan, -inf, -0.5]"


def test_an_infinite_parameter_without_decay_stays_infinite() -> None:
    parameter = torch.nn.Parameter(torch.tensor([torch.inf, 1.0]))
    parameter.grad = torch.ones(2)
    SGD([parameter], lr=0.5).step()
    assert parameter.tolist() == [torch.inf, 0.5]
