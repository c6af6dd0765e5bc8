"""Schedulers stepped side by side on one optimizer, a plateau beside one, and changes by hand: as in torch."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import lrcore.torch
from tests.support.torch_runs import lr, one_group

STEPS = 60
Build = Callable[[Any, torch.optim.Optimizer], list[Any]]


def two_groups() -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.1, 0.003)]
    return torch.optim.SGD(groups, momentum=0.9)


def run(optimizer: torch.optim.Optimizer, schedulers: list[Any], steps: int) -> np.ndarray[Any, Any]:
    rows = []
    for _ in range(steps):
        rows.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        for scheduler in schedulers:
            plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
            scheduler.step(1.0) if plateau else scheduler.step()
    return np.array(rows)


PAIRS: dict[str, Build] = {
    "warm-up and milestones": lambda library, optimizer: [
        library.LinearLR(optimizer, 0.1, total_iters=4),
        library.MultiStepLR(optimizer, [6, 20], 0.1),
    ],
    "three": lambda library, optimizer: [
        library.ExponentialLR(optimizer, 0.95),
        library.ConstantLR(optimizer, 0.5, 7),
        library.StepLR(optimizer, 9, 0.5),
    ],
    "cosine and decay": lambda library, optimizer: [
        library.CosineAnnealingLR(optimizer, 100),
        library.ExponentialLR(optimizer, 0.97),
    ],
    "warm-up and plateau": lambda library, optimizer: [
        library.LinearLR(optimizer, 0.1, total_iters=5),
        library.ReduceLROnPlateau(optimizer, patience=3, factor=0.5),
    ],
    "plateau and sequence": lambda library, optimizer: [
        library.ReduceLROnPlateau(optimizer, patience=9, factor=0.5),
        library.PolynomialLR(optimizer, 100, 2.0),
    ],
}


@pytest.mark.parametrize("name", PAIRS)
def test_their_effects_are_multiplied(name: str) -> None:
    both = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = two_groups()
        both.append(run(optimizer, PAIRS[name](library, optimizer), STEPS))
    np.testing.assert_allclose(*both, rtol=1e-12)


@pytest.mark.parametrize("steps", [0, 3, 8, 21])
@pytest.mark.parametrize("name", PAIRS)
def test_they_go_on_in_every_order_of_loading(name: str, steps: int) -> None:
    optimizer = two_groups()
    schedulers = PAIRS[name](lrcore.torch, optimizer)
    run(optimizer, schedulers, steps)
    saved = [json.loads(json.dumps(scheduler.state_dict())) for scheduler in schedulers]
    states = [optimizer.state_dict(), *saved]
    expected = run(optimizer, schedulers, STEPS)
    for order in itertools.permutations(range(len(states))):
        optimizer = two_groups()
        stateful = [optimizer, *PAIRS[name](lrcore.torch, optimizer)]
        for index in order:
            stateful[index].load_state_dict(states[index])
        np.testing.assert_allclose(run(optimizer, stateful[1:], STEPS), expected, rtol=1e-12)


def test_a_change_by_hand_lasts() -> None:
    both = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = two_groups()
        scheduler = library.StepLR(optimizer, 5)
        before = run(optimizer, [scheduler], 7)
        optimizer.param_groups[1]["lr"] = 0.5
        both.append(np.concatenate([before, run(optimizer, [scheduler], 20)]))
    np.testing.assert_allclose(*both, rtol=1e-12)


def test_a_change_by_hand_is_left_behind_by_a_step_to_a_number() -> None:
    optimizer = one_group()
    scheduler = lrcore.torch.ExponentialLR(optimizer, 0.5)
    optimizer.param_groups[0]["lr"] = 0.7
    scheduler.step(2)
    assert lr(optimizer) == 0.025


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("StepLR", {"step_size": 3}),
        ("MultiStepLR", {"milestones": [2, 5]}),
        ("ConstantLR", {"total_iters": 3}),
        ("LinearLR", {"total_iters": 4}),
        ("ExponentialLR", {"gamma": 0.9}),
        ("PolynomialLR", {"total_iters": 100}),
        ("CosineAnnealingLR", {"T_max": 100}),
        ("CosineAnnealingWarmRestarts", {"T_0": 7}),
    ],
)
def test_a_checkpoint_is_fine_tuned_at_the_given_group_lr(name: str, arguments: dict[str, Any]) -> None:
    both = []
    for library in (lrcore.torch, lr_scheduler):
        trained = one_group(0.1)
        library.ExponentialLR(trained, 0.5)
        optimizer = one_group(1e-4)
        optimizer.load_state_dict(trained.state_dict())
        optimizer.param_groups[0]["lr"] = 1e-4
        both.append(run(optimizer, [getattr(library, name)(optimizer, **arguments)], 20))
    np.testing.assert_allclose(*both, rtol=1e-12)


def test_torchs_chain_takes_our_schedulers() -> None:
    both = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = two_groups()
        parts = [library.ConstantLR(optimizer, 0.5, 3), library.ExponentialLR(optimizer, 0.9)]
        both.append(run(optimizer, [lr_scheduler.ChainedScheduler(parts, optimizer)], STEPS))
    np.testing.assert_allclose(*both, rtol=1e-12)


def test_a_tensor_lr_is_not_looked_into() -> None:
    optimizer = one_group(torch.tensor(0.5))
    scheduler = lrcore.torch.ExponentialLR(optimizer, 0.5)
    optimizer.param_groups[0]["lr"].fill_(7.0)
    scheduler.step()
    assert lr(optimizer) == 0.25
