"""Regressions known from PyTorch's composed schedulers (pytorch#119168, pytorch#196243)."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch
from torch.optim import SGD, lr_scheduler

from lrcore import Constant, Exponential, Linear, OneCycle, PiecewiseConstant, Schedule, Sequence
from lrcore.torch import Scheduler

DROPS = PiecewiseConstant([10, 20], [0.1, 0.01, 0.001])


def new_optimizer() -> SGD:
    return SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def test_resuming_at_a_milestone_does_not_repeat_the_drop() -> None:
    optimizer = new_optimizer()
    peer = lr_scheduler.MultiStepLR(optimizer, [10, 20], gamma=0.1)
    uninterrupted = []
    for _ in range(30):
        uninterrupted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        peer.step()
    saved = json.dumps(DROPS.to_dict())
    for steps_done in range(30):
        resumed = Scheduler(new_optimizer(), Schedule.from_dict(json.loads(saved)), last_epoch=steps_done - 1)
        assert resumed.get_last_lr() == pytest.approx([uninterrupted[steps_done]], rel=1e-14)


@pytest.mark.parametrize("steps_done", [3, 5, 8])
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_a_sequence_loads_before_or_after_its_optimizer(steps_done: int, optimizer_first: bool) -> None:
    schedule = Linear(0.01, 0.1, 6).then(Exponential(0.1, 0.01, 21), at=5)
    optimizer = new_optimizer()
    scheduler = Scheduler(optimizer, schedule)
    for _ in range(steps_done):
        optimizer.step()
        scheduler.step()
    saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
    resumed_optimizer = new_optimizer()
    if optimizer_first:
        resumed_optimizer.load_state_dict(saved[0])
    resumed = Scheduler(resumed_optimizer, schedule)
    resumed.load_state_dict(saved[1])
    if not optimizer_first:
        resumed_optimizer.load_state_dict(saved[0])
    warm, falling = np.linspace(0.01, 0.1, 6)[:5], 0.1 * 0.1 ** (np.arange(20) / 20)
    expected = np.concatenate([warm, falling])
    for step in range(steps_done, 12):
        assert resumed_optimizer.param_groups[0]["lr"] == pytest.approx(expected[step], rel=1e-14)
        resumed_optimizer.step()
        resumed.step()


def test_a_nested_sequence_keeps_the_curve() -> None:
    half, fifth = Constant(0.05), Constant(0.02)
    nested = half.then(fifth, at=2).then(DROPS, at=4)
    assert nested.values(0, 6).tolist() == [0.05, 0.05, 0.02, 0.02, 0.1, 0.1]
    assert nested.values(0, 40).tolist() == Sequence([half, fifth, DROPS], [2, 4]).values(0, 40).tolist()
    assert half.then(fifth.then(DROPS, at=2), at=2).values(0, 40).tolist() == nested.values(0, 40).tolist()


def test_a_following_cycle_does_not_change_the_warmup() -> None:
    schedule = Linear(0.01, 0.1, 6).then(OneCycle(0.1, 40), at=5)
    np.testing.assert_allclose(schedule.values(0, 5), [0.01, 0.028, 0.046, 0.064, 0.082], rtol=1e-14)
    assert schedule(5) == 0.1 / 25


def test_the_schedule_after_a_warmup_uses_its_own_base_lr() -> None:
    schedule = Linear(0.01, 0.1, 21).then(Exponential(0.1, 0.01, 101), at=15)
    assert schedule(14) == pytest.approx(0.01 + 0.09 * 14 / 20)
    assert schedule(15) == 0.1


def test_a_scheduler_without_momentum_leaves_it_unchanged() -> None:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.7)
    scheduler = Scheduler(optimizer, Linear(0.01, 0.1, 6).then(OneCycle(0.1, 40), at=5))
    for _ in range(20):
        assert optimizer.param_groups[0]["momentum"] == 0.7
        optimizer.step()
        scheduler.step()
