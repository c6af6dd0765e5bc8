"""Under GradScaler: the steps of torch's SGD, overflows included."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import lrcore
from lrcore.torch import SGD, LRFinder, Scheduler
from lrcore.torch.lr_finder._measurement import UpdateWatch

OPTIONS: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}


def linear(dtype: torch.dtype = torch.float64) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(5, 3).to(dtype)


def batch(update: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(update)).to(dtype)


def scaled_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler, update: int, *, overflow: bool
) -> None:
    optimizer.zero_grad()
    scaler.scale(model(batch(update, next(model.parameters()).dtype)).square().mean()).backward()
    if overflow:
        next(model.parameters()).grad[0, 0] = torch.inf  # type: ignore[index]
    scaler.step(optimizer)
    scaler.update()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("overflows", [(), (0,), (0, 1, 3)])
@pytest.mark.parametrize("init_scale", [2.0**16, 1000.0])
def test_it_follows_torch_under_the_same_scaler(
    overflows: tuple[int, ...], dtype: torch.dtype, init_scale: float
) -> None:
    models = linear(dtype), linear(dtype)
    runs = [
        (model, make(model.parameters(), **OPTIONS), torch.amp.GradScaler("cpu", init_scale, growth_interval=2))
        for model, make in zip(models, (SGD, torch.optim.SGD), strict=True)
    ]
    for update in range(6):
        for model, optimizer, scaler in runs:
            scaled_step(model, optimizer, scaler, update, overflow=update in overflows)
        assert_close(models[0].state_dict(), models[1].state_dict())
        assert runs[0][2].get_scale() == runs[1][2].get_scale()
        if update not in overflows:
            grads = [[parameter.grad for parameter in model.parameters()] for model in models]
            assert_close(*grads)


def test_an_overflow_leaves_parameters_and_state_as_they_are() -> None:
    model = linear()
    before = copy.deepcopy(model.state_dict())
    optimizer = SGD(model.parameters(), **OPTIONS, ema_decay=0.5, max_grad_norm=1.0)
    scaler = torch.amp.GradScaler("cpu")
    scaled_step(model, optimizer, scaler, 0, overflow=True)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert optimizer.state_dict()["state"] == {}
    assert scaler.get_scale() == 2.0**15


def test_unscaled_gradients_are_not_unscaled_again() -> None:
    models = linear(), linear()
    for model, make in zip(models, (SGD, torch.optim.SGD), strict=True):
        optimizer, scaler = make(model.parameters(), **OPTIONS), torch.amp.GradScaler("cpu")
        for update in range(3):
            optimizer.zero_grad()
            scaler.scale(model(batch(update)).square().mean()).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            scaler.step(optimizer)
            scaler.update()
    assert_close(models[0].state_dict(), models[1].state_dict())


def test_the_gradients_clipped_are_the_unscaled_ones() -> None:
    models = linear(), linear()
    ours, peer = (
        SGD(models[0].parameters(), **OPTIONS, max_grad_norm=0.1),
        torch.optim.SGD(models[1].parameters(), **OPTIONS),
    )
    scalers = [torch.amp.GradScaler("cpu") for _ in models]
    for update in range(3):
        scaled_step(models[0], ours, scalers[0], update, overflow=False)
        peer.zero_grad()
        scalers[1].scale(models[1](batch(update)).square().mean()).backward()
        scalers[1].unscale_(peer)
        norm = torch.nn.utils.clip_grad_norm_(models[1].parameters(), 0.1)
        scalers[1].step(peer)
        scalers[1].update()
        assert ours.grad_norm == pytest.approx(float(norm), rel=1e-12)
        assert_close([p.grad for p in models[0].parameters()], [p.grad for p in models[1].parameters()])
    assert_close(models[0].state_dict(), models[1].state_dict())


@pytest.mark.parametrize("layout", ["dense", "strided"])
def test_float16_gradients_are_unscaled_in_float32(layout: str) -> None:
    """6e-8 is float16's smallest number: a scaled gradient of 2 divided by 2**20 would be lost in it."""
    memory = torch.zeros(20, 2, dtype=torch.float16)
    parameter = nn.Parameter(memory[:, 0].contiguous() if layout == "dense" else memory[:, 0])
    parameter.grad = torch.full_like(parameter, 2.0)
    optimizer = SGD([parameter], lr=2.0**10)
    optimizer.grad_scale, optimizer.found_inf = torch.tensor(2.0**28), torch.tensor(0.0)
    optimizer.step()
    assert parameter.tolist() == [-(2.0**-17)] * 20


def test_autograd_knows_that_gradients_were_unscaled() -> None:
    parameter = nn.Parameter(torch.ones(3))
    parameter.grad = torch.ones(3)
    version = parameter.grad._version
    optimizer = SGD([parameter], lr=1.0)
    optimizer.grad_scale, optimizer.found_inf = torch.tensor(2.0), torch.tensor(0.0)
    optimizer.step()
    assert parameter.grad.tolist() == [0.5] * 3
    assert parameter.grad._version > version


def test_a_gradient_of_another_layout_is_unscaled_too() -> None:
    parameter = nn.Parameter(torch.zeros(2, 3))
    parameter.grad = torch.ones(3, 2).T
    gradient = parameter.grad
    optimizer = SGD([parameter], lr=1.0)
    optimizer.grad_scale, optimizer.found_inf = torch.tensor(4.0), torch.tensor(0.0)
    optimizer.step()
    assert parameter.grad is gradient
    assert torch.equal(gradient, torch.full((2, 3), 0.25))
    assert torch.equal(parameter, torch.full((2, 3), -0.25))
    assert optimizer.path == "core"


def test_a_scheduler_and_a_watch_count_updates_that_were_done() -> None:
    model = linear()
    optimizer, scaler = SGD(model.parameters(), **OPTIONS), torch.amp.GradScaler("cpu")
    scheduler = Scheduler(optimizer, lrcore.PiecewiseConstant([1, 2], [0.3, 0.2, 0.1]))
    lrs = []
    with UpdateWatch([optimizer]) as watch:
        for update in range(4):
            scaled_step(model, optimizer, scaler, update, overflow=update in (0, 2))
            lrs.append(optimizer.param_groups[0]["lr"])
            if watch.pop():
                scheduler.step()
    assert lrs == [0.3, 0.3, 0.2, 0.2]


def test_the_finder_works_under_a_scaler() -> None:
    model = linear(torch.float32)
    optimizer = SGD(model.parameters(), **OPTIONS)
    loader = [(batch(update, torch.float32), torch.zeros(4, 3)) for update in range(8)]
    results = []
    for scaler in (torch.amp.GradScaler("cpu", 2.0**10), None):
        settings = (
            {} if scaler is None else {"amp_backend": "torch", "grad_scaler": scaler, "amp_config": {"enabled": False}}
        )
        finder = LRFinder(model, optimizer, nn.functional.mse_loss, **settings)
        results.append(finder.range_test(loader, start_lr=1e-3, end_lr=1e-1, num_iter=8, progress=False))
    assert_close(torch.tensor(results[0].losses), torch.tensor(results[1].losses))
    assert optimizer.state_dict()["state"] == {}


def test_gradients_that_share_memory_are_refused() -> None:
    """Each would be divided by the scale, so together twice."""
    parameters = [nn.Parameter(torch.ones(3)) for _ in range(2)]
    parameters[0].grad = parameters[1].grad = torch.ones(3)
    optimizer = SGD(parameters, lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(torch.ones(1))
    with pytest.raises(ValueError, match="gradients must not share memory under a GradScaler"):
        scaler.step(optimizer)
    assert all(torch.equal(parameter, torch.ones(3)) for parameter in parameters)
