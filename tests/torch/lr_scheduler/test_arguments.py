"""Arguments that torch takes are taken, and those that are refused are named with their value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import Optimizer, lr_scheduler

import lrcore.torch
from lrcore.torch import (
    SWALR,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
)
from tests.support.torch_runs import OPTIMIZERS, one_group, ours, run, torchs, values

LAST = 2**63 - 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CyclicLR", {"base_lr": 0, "max_lr": 0.1, "step_size_up": 4}),
        ("CyclicLR", {"base_lr": 0.0, "max_lr": 0.1, "step_size_up": 3, "mode": "triangular2"}),
        ("CyclicLR", {"base_lr": 0.0, "max_lr": 0.1, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9}),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.1, "step_size_up": 4}),
        ("CyclicLR", {"base_lr": 0, "max_lr": 0.0, "step_size_up": 4}),
        ("OneCycleLR", {"max_lr": 0, "total_steps": 20}),
        ("OneCycleLR", {"max_lr": [0.0], "total_steps": 20, "anneal_strategy": "linear", "three_phase": True}),
        ("PolynomialLR", {"total_iters": 5, "power": 0}),
        ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.5}),
        ("MultiStepLR", {"milestones": []}),
    ],
)
def test_torch_arguments_give_the_same_values(name: str, arguments: dict[str, Any]) -> None:
    optimizers = one_group(momentum=0.9), one_group(momentum=0.9)
    found = run(optimizers[0], ours(name)(optimizers[0], **arguments), 20)
    expected = run(optimizers[1], torchs(name)(optimizers[1], **arguments), 20)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("OneCycleLR", {"max_lr": [0.0, 0.1, 0.0], "total_steps": 12}),
        ("CyclicLR", {"base_lr": [0.1, 0.1, 0.0], "max_lr": [0.1, 0.3, 0.0], "step_size_up": 3}),
    ],
)
def test_some_of_the_groups_may_be_frozen(name: str, arguments: dict[str, Any]) -> None:
    optimizers = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    found = run(optimizers[0], ours(name)(optimizers[0], **arguments), 12)
    expected = run(optimizers[1], torchs(name)(optimizers[1], **arguments), 12)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


def test_the_base_class_of_torch_is_at_hand() -> None:
    assert lrcore.torch.LRScheduler is lr_scheduler.LRScheduler
    assert "LRScheduler" in lrcore.torch.__all__
    assert isinstance(ExponentialLR(one_group(), 0.5), lrcore.torch.LRScheduler)


def test_milestones_and_schedulers_may_come_from_a_generator() -> None:
    optimizer = one_group()
    peer = MultiStepLR(one_group(), [3, 5], 0.5)
    assert MultiStepLR(one_group(), (step for step in (5, 3)), 0.5).schedules == peer.schedules
    parts = [LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)]
    assert SequentialLR(optimizer, iter(parts), [2]).schedules == SequentialLR(optimizer, parts, [2]).schedules
    assert ChainedScheduler(iter(parts)).schedules == ChainedScheduler(parts).schedules


def test_the_last_step_may_be_where_a_part_ends() -> None:
    assert ConstantLR(one_group(), 0.5, LAST).get_last_lr() == [0.05]
    assert PolynomialLR(one_group(), LAST).get_last_lr() == [0.1]
    assert LinearLR(one_group(), 0.5, total_iters=LAST - 1).get_last_lr() == [0.05]
    assert CosineAnnealingLR(one_group(), LAST - 1).get_last_lr() == [0.1]


BAD: list[tuple[Callable[[Optimizer], Any], type[Exception], str]] = [
    (lambda o: CyclicLR(o, -0.1, 0.1), ValueError, r"base_lr must be finite and not negative, but got -0\.1"),
    (lambda o: CyclicLR(o, -0.1, -0.1), ValueError, r"base_lr must be finite and not negative, but got -0\.1"),
    (lambda o: CyclicLR(o, 0.1, "1"), TypeError, "max_lr must be a number, but got '1'"),
    (
        lambda o: CyclicLR(o, 0.1, 0.1, 0, cycle_momentum=False),
        ValueError,
        "step_size_up must be at least 1, but got 0",
    ),
    (
        lambda o: OneCycleLR(o, -0.1, 10),
        ValueError,
        r"max_lr must be finite and not negative, but got -0\.1",
    ),
    (lambda o: OneCycleLR(o, None, 10), TypeError, "max_lr must be a number, but got None"),
    (lambda o: OneCycleLR(o, False, 10), TypeError, "max_lr must be a number, but got False"),
    (lambda o: OneCycleLR(o, 0, 10, div_factor=0), ValueError, "div_factor must .*, but got 0.0"),
    (lambda o: OneCycleLR(o, 0.1, epochs=-2, steps_per_epoch=-5), ValueError, "epochs must be at least 1, but got -2"),
    (
        lambda o: OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=0),
        ValueError,
        "steps_per_epoch must be at least 1, but got 0",
    ),
    (lambda o: PolynomialLR(o, 0, "x"), TypeError, "power must be a number, but got 'x'"),
    (lambda o: PolynomialLR(o, 0, -1), ValueError, "power must be finite and not negative, but got -1"),
    (lambda o: PolynomialLR(o, 5, math.nan), ValueError, "power must be finite and not negative, but got nan"),
    (
        lambda o: CosineAnnealingLR(o, 10, eta_min=-0.1),
        ValueError,
        r"eta_min must be finite and not negative, but got -0\.1",
    ),
    (lambda o: CosineAnnealingLR(o, LAST), ValueError, rf"T_max must be less than 2\*\*63 - 1, but got {LAST}"),
    (
        lambda o: LinearLR(o, total_iters=LAST),
        ValueError,
        rf"total_iters must be less than 2\*\*63 - 1, but got {LAST}",
    ),
    (lambda o: SWALR(o, swa_lr=-1), ValueError, "swa_lr must be finite and not negative, but got -1"),
    (lambda o: SWALR(o, swa_lr=[math.inf]), ValueError, "swa_lr must be finite and not negative, but got inf"),
    (lambda o: MultiStepLR(o, 5), TypeError, "milestones must be a sequence, but got 5"),
    (lambda o: MultiStepLR(o, [1, "a"]), TypeError, r"milestones\[1\] must be an integer, but got 'a'"),
    (lambda o: SequentialLR(o, None, [5]), TypeError, "schedulers must be a sequence, but got None"),
    (lambda o: SequentialLR(o, ExponentialLR(o, 0.5), []), TypeError, "schedulers must be a sequence, but got <"),
    (lambda o: ChainedScheduler(None), TypeError, "schedulers must be a sequence, but got None"),
    (lambda o: ChainedScheduler(ExponentialLR(o, 0.5)), TypeError, "schedulers must be a sequence, but got <"),
]


@pytest.mark.parametrize(("build", "error", "message"), BAD, ids=[case[2] for case in BAD])
def test_a_refused_argument_is_named_and_changes_nothing(
    build: Callable[[Optimizer], Any], error: type[Exception], message: str
) -> None:
    optimizer = one_group(momentum=0.5)
    with pytest.raises(error, match=f"^{message}"):
        build(optimizer)
    assert values(optimizer) == [(0.1, 0.5)]


def test_a_torch_swa_state_without_last_lr_is_refused() -> None:
    optimizer = one_group()
    state = torch.optim.swa_utils.SWALR(optimizer, 0.05).state_dict()
    del state["_last_lr"]
    scheduler = SWALR(one_group(), 0.05)
    with pytest.raises(ValueError, match=r"^the state of torch's SWALR lacks the field '_last_lr'$"):
        scheduler.load_state_dict(state)
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (0, [0.1])
