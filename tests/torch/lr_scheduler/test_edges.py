"""Edge cases of torch's schedulers: the same where torch is right, and right elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import Optimizer, lr_scheduler

import lrcore.torch
from lrcore.torch import ConstantLR, CosineAnnealingWarmRestarts, CyclicLR, LinearLR, OneCycleLR, Scheduler
from tests.support.torch_runs import CASES, lr, one_group, ours, stepped, values


def test_no_steps_of_a_ramp_are_over_at_once() -> None:
    for build in (
        lambda optimizer: ConstantLR(optimizer, total_iters=0),
        lambda optimizer: LinearLR(optimizer, total_iters=0),
        lambda optimizer: lrcore.torch.PolynomialLR(optimizer, total_iters=0),
    ):
        assert [lr(stepped(build, steps)[0]) for steps in range(3)] == [0.1] * 3


def test_a_constant_factor_of_0_ends() -> None:
    def build(optimizer: Optimizer) -> Scheduler:
        return ConstantLR(optimizer, factor=0, total_iters=2)

    assert [lr(stepped(build, steps)[0]) for steps in range(4)] == [0.0, 0.0, 0.1, 0.1]


@pytest.mark.parametrize("anneal_strategy", ["cos", "linear"])
def test_a_one_cycle_holds_its_last_values(anneal_strategy: str) -> None:
    def build(optimizer: Optimizer) -> Scheduler:
        return OneCycleLR(optimizer, 1.0, 100, anneal_strategy=anneal_strategy)

    for steps in (99, 100, 101, 1000):
        assert values(stepped(build, steps, one_group(momentum=0.9))[0]) == [(1.0 / 25 / 1e4, 0.95)]


def test_a_one_cycle_without_steps_for_its_rise() -> None:
    assert lr(stepped(lambda optimizer: OneCycleLR(optimizer, 1.0, 10, pct_start=0.1), 0)[0]) == 1.0


@pytest.mark.parametrize(("name", "arguments"), [case for case in CASES if case[0] not in ("SWALR", "CyclicLR")])
def test_a_group_with_lr_0_stays_at_0(name: str, arguments: dict[str, Any]) -> None:
    if name == "OneCycleLR" or "eta_min" in arguments:
        return
    optimizer = one_group(0.0)
    scheduler = ours(name)(optimizer, **arguments)
    for _ in range(5):
        assert lr(optimizer) == 0.0
        scheduler.step()


@pytest.mark.parametrize("build", [lambda o: CyclicLR(o, 0.1, 0.2), lambda o: OneCycleLR(o, 0.1, 10)])
def test_an_optimizer_without_momentum_is_cycled_all_the_same(build: Callable[[Optimizer], Scheduler]) -> None:
    optimizer = torch.optim.Adagrad([torch.nn.Parameter(torch.zeros(1))], lr=7.0)
    build(optimizer).step()
    assert lr(optimizer) < 0.2
    assert "momentum" not in optimizer.param_groups[0]


@pytest.mark.parametrize("period_mult", [1, 2])
def test_warm_restarts_take_parts_of_an_epoch_as_torch_does(period_mult: int) -> None:
    optimizers = one_group(), one_group()
    ours = CosineAnnealingWarmRestarts(optimizers[0], 3, period_mult, 0.01)
    peer = lr_scheduler.CosineAnnealingWarmRestarts(optimizers[1], 3, period_mult, 0.01)
    optimizers[1].step()
    for epoch in range(12):
        for batch in range(7):
            ours.step(epoch + batch / 7)
            peer.step(epoch + batch / 7)
            assert lr(optimizers[0]) == ours.get_last_lr()[0] == pytest.approx(lr(optimizers[1]), rel=1e-12)
            assert ours.last_epoch == peer.last_epoch == epoch
            resumed = CosineAnnealingWarmRestarts(one_group(), 3, period_mult, 0.01)
            resumed.load_state_dict(copy.deepcopy(ours.state_dict()))
            assert resumed.get_last_lr() == pytest.approx(ours.get_last_lr(), rel=1e-12)
            resumed.load_state_dict(peer.state_dict())
            assert resumed.get_last_lr() == pytest.approx(ours.get_last_lr(), rel=1e-12)
    ours.step()
    peer.step()
    assert ours.last_epoch == peer.last_epoch == 12
    assert ours.get_last_lr() == pytest.approx(peer.get_last_lr(), rel=1e-12)
