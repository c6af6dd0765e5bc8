"""Resuming from a checkpoint in every order of building and loading."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import lrcore.torch
from lrcore.torch import SWALR, CosineAnnealingLR, LinearLR, MultiStepLR, OneCycleLR, Scheduler, StepLR
from tests.support.torch_runs import CASES, OPTIMIZERS, ours, run, torchs, values

Build = Callable[[torch.optim.Optimizer], Scheduler]
STEPS = 16
SHORT: dict[str, Build] = {
    "StepLR": lambda optimizer: StepLR(optimizer, 3),
    "MultiStepLR": lambda optimizer: MultiStepLR(optimizer, [3, 5, 5]),
    "ConstantLR": lambda optimizer: lrcore.torch.ConstantLR(optimizer, 0.5, 4),
    "LinearLR": lambda optimizer: LinearLR(optimizer, 0.1, 0.7, 4),
    "ExponentialLR": lambda optimizer: lrcore.torch.ExponentialLR(optimizer, 0.9),
    "PolynomialLR": lambda optimizer: lrcore.torch.PolynomialLR(optimizer, 6, 2.0),
    "CosineAnnealingLR": lambda optimizer: CosineAnnealingLR(optimizer, 5, 0.001),
    "CosineAnnealingWarmRestarts": lambda optimizer: lrcore.torch.CosineAnnealingWarmRestarts(optimizer, 2, 2),
    "CyclicLR": lambda optimizer: lrcore.torch.CyclicLR(optimizer, 0.1, 0.3, 2, 3, "triangular2"),
    "OneCycleLR": lambda optimizer: OneCycleLR(optimizer, 0.3, 12),
    "SWALR": lambda optimizer: SWALR(optimizer, 0.05, 6),
    "SequentialLR": lambda optimizer: lrcore.torch.SequentialLR(
        optimizer, [LinearLR(optimizer, 0.1, 1.0, 4), OneCycleLR(optimizer, 0.3, 6), StepLR(optimizer, 2)], [4, 10]
    ),
    "ChainedScheduler": lambda optimizer: lrcore.torch.ChainedScheduler(
        [LinearLR(optimizer, 0.1, 1.0, 4), MultiStepLR(optimizer, [3, 5])]
    ),
}
ORDERS = [
    order
    for order in itertools.permutations(["build scheduler", "load scheduler", "load optimizer"])
    if order.index("build scheduler") < order.index("load scheduler")
] + [("build scheduler", "load scheduler")]


def reloaded(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded: dict[str, Any] = torch.load(file, weights_only=True)
    return loaded


def resumed(order: tuple[str, ...], build: Build, states: tuple[Any, Any]) -> tuple[torch.optim.Optimizer, Scheduler]:
    optimizer = OPTIMIZERS["sgd"]()
    schedulers: list[Scheduler] = []
    actions = {
        "build scheduler": lambda: schedulers.append(build(optimizer)),
        "load scheduler": lambda: schedulers[0].load_state_dict(states[1]),
        "load optimizer": lambda: optimizer.load_state_dict(states[0]),
    }
    for action in order:
        actions[action]()
    return optimizer, schedulers[0]


@pytest.mark.parametrize("name", SHORT)
def test_every_order_of_building_and_loading_resumes_alike(name: str) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    whole = run(optimizer, SHORT[name](optimizer), STEPS)
    optimizer = OPTIMIZERS["sgd"]()
    scheduler = SHORT[name](optimizer)
    for start in range(12):
        states = reloaded(optimizer.state_dict()), reloaded(scheduler.state_dict())
        for order in ORDERS:
            again = run(*resumed(order, SHORT[name], states), STEPS - start)
            np.testing.assert_array_equal(again, whole[start:], err_msg=f"{order} at step {start}")
        scheduler.step()


@pytest.mark.parametrize("name", SHORT)
def test_the_state_is_json(name: str) -> None:
    scheduler = SHORT[name](OPTIMIZERS["sgd"]())
    scheduler.step()
    state = scheduler.state_dict()
    assert json.loads(json.dumps(state)) == state
    assert state.keys() == {"version", "step", "factor", "base_lrs", "group_factors"}


@pytest.mark.parametrize("name", [name for name in SHORT if name != "SWALR"])
@pytest.mark.parametrize("steps_done", [1, 4, 5, 9, 20])
def test_step_with_a_number_goes_there_at_once(name: str, steps_done: int) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    scheduler = SHORT[name](optimizer)
    for _ in range(steps_done):
        scheduler.step()
    fresh = OPTIMIZERS["sgd"]()
    moved = SHORT[name](fresh)
    moved.step(steps_done)
    assert values(fresh) == values(optimizer)
    assert moved.last_epoch == steps_done


@pytest.mark.parametrize(("name", "arguments"), CASES)
@pytest.mark.parametrize("steps_done", [0, 5, 30, 101])
def test_a_run_under_torchs_scheduler_resumes_under_ours(name: str, arguments: dict[str, Any], steps_done: int) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    peer = torchs(name)(optimizer, **arguments)
    run(optimizer, peer, steps_done)
    states = optimizer.state_dict(), peer.state_dict()
    fresh = OPTIMIZERS["sgd"]()
    scheduler = ours(name)(fresh, **arguments)
    fresh.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    np.testing.assert_allclose(run(fresh, scheduler, 50), run(optimizer, peer, 50), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("combination", ["SequentialLR", "ChainedScheduler"])
@pytest.mark.parametrize("steps_done", [0, 3, 4, 9])
def test_a_run_under_torchs_combination_resumes_under_ours(combination: str, steps_done: int) -> None:
    def build(library: Any, optimizer: torch.optim.Optimizer) -> Any:
        parts = [library.LinearLR(optimizer, 0.1, 1.0, 4), library.StepLR(optimizer, 3)]
        if combination == "SequentialLR":
            return library.SequentialLR(optimizer, parts, [4])
        return library.ChainedScheduler(parts)

    optimizer, fresh = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    peer, scheduler = build(lr_scheduler, optimizer), build(lrcore.torch, fresh)
    run(optimizer, peer, steps_done)
    scheduler.load_state_dict(peer.state_dict())
    np.testing.assert_allclose(run(fresh, scheduler, 20)[..., 0], run(optimizer, peer, 20)[..., 0], rtol=1e-12)


def test_the_loaded_state_knows_the_lr_that_the_first_run_had() -> None:
    first = StepLR(torch.optim.SGD([torch.zeros(1)], lr=0.5), 2, gamma=0.5)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.25)
    scheduler = StepLR(optimizer, 2, gamma=0.5)
    scheduler.load_state_dict(first.state_dict())
    assert scheduler.base_lrs == [0.5]
    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "a scheduler state must have the field 'version' or, as torch's, 'last_epoch'"),
        ({"version": 1, "step": 1, "factor": 1.0}, "a scheduler state lacks the field 'base_lrs'"),
        ({"version": 1, "step": -1, "factor": 1.0, "base_lrs": [0.5]}, "step must not be negative, but got -1"),
        ({"version": 1, "step": 1, "factor": 1.0, "base_lrs": [-1.0]}, "base_lr"),
    ],
)
def test_a_bad_state_is_refused_and_changes_nothing(state: dict[str, Any], message: str) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    scheduler = StepLR(optimizer, 2, gamma=0.5)
    scheduler.step()
    with pytest.raises(ValueError, match=message):
        scheduler.load_state_dict(state)
    assert (scheduler.last_epoch, scheduler.base_lrs, optimizer.param_groups[0]["lr"]) == (1, [0.5], 0.5)
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.25


# The annealing of weight averaging begins where another scheduler has left the learning rate


@pytest.mark.parametrize("library", ["torch", "lrcore"])
def test_swa_takes_over_from_another_scheduler(library: str) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    if library == "torch":
        first = lr_scheduler.ExponentialLR(optimizer, 0.9)
        second: Any = torchs("SWALR")(optimizer, 0.05, 4)
    else:
        first = lrcore.torch.ExponentialLR(optimizer, 0.9)
        second = SWALR(optimizer, 0.05, 4)
    rows = np.concatenate([run(optimizer, first, 10), run(optimizer, second, 10)])[..., 0]
    begins = np.array([0.1, 0.02, 0.5]) * 0.9**10
    weights = (1 - np.cos(np.pi * np.minimum(np.arange(10), 4) / 4)) / 2
    expected = begins + np.multiply.outer(weights, 0.05 - begins)
    np.testing.assert_allclose(rows[10:], expected, rtol=1e-12)


def test_an_unstarted_swa_loads_beside_another_scheduler() -> None:
    optimizer = OPTIMIZERS["sgd"]()
    pair = lrcore.torch.ExponentialLR(optimizer, 0.5), SWALR(optimizer, 0.05, 4)
    pair[0].step()
    states = [scheduler.state_dict() for scheduler in pair]
    fresh = OPTIMIZERS["sgd"]()
    loaded = lrcore.torch.ExponentialLR(fresh, 0.5), SWALR(fresh, 0.05, 4)
    for scheduler, state in zip(loaded, states, strict=True):
        scheduler.load_state_dict(state)
    assert values(fresh) == values(optimizer)
    pair[1].step()
    loaded[1].step()
    assert values(fresh) == values(optimizer)


def test_swa_refuses_last_epoch() -> None:
    with pytest.raises(ValueError, match="last_epoch must be -1, as only a state_dict knows where to go on, but got 3"):
        SWALR(OPTIMIZERS["sgd"](), 0.05, last_epoch=3)


def test_the_state_after_a_numpy_last_epoch_is_json() -> None:
    scheduler = lrcore.torch.ExponentialLR(OPTIMIZERS["sgd"](), 0.9, last_epoch=np.int64(5))
    state = json.loads(json.dumps(scheduler.state_dict()))
    scheduler.step(np.int64(7))
    scheduler.load_state_dict(state)
    assert type(scheduler.last_epoch) is int


def test_a_state_that_is_refused_changes_nothing() -> None:
    optimizer = OPTIMIZERS["sgd"]()
    scheduler = lrcore.torch.ExponentialLR(optimizer, 0.9)
    scheduler.step()
    before = scheduler.state_dict(), scheduler.get_last_lr(), scheduler.schedules, values(optimizer)
    for change in ({"step": -1}, {"factor": -1.0}, {"group_factors": [-1.0]}, {"base_lrs": [5.0, 5.0, -5.0]}):
        with pytest.raises(ValueError, match="must"):
            scheduler.load_state_dict({**before[0], "base_lrs": [5.0, 5.0, 5.0], **change})
        assert (scheduler.state_dict(), scheduler.get_last_lr(), scheduler.schedules, values(optimizer)) == before
