"""Schedulers one after another and multiplied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer, lr_scheduler

import lrcore
from lrcore import schedules
from lrcore.torch import (
    SWALR,
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    Scheduler,
    SequentialLR,
    StepLR,
)


def sgd(lr: float = 0.1, **options: Any) -> SGD:
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9, **options)


def lrs(scheduler: Scheduler, steps: int) -> list[float]:
    values = []
    for _ in range(steps):
        values += scheduler.get_last_lr()
        scheduler.step()
    return values


def test_a_sequence_takes_the_general_scheduler() -> None:
    optimizer = sgd(weight_decay=0.5)
    warmup = LinearLR(optimizer, 0.5, total_iters=2)
    general = Scheduler(
        optimizer, lrcore.Constant(0.7), momentum=lrcore.Constant(0.5), weight_decay=lrcore.Constant(0.25)
    )
    scheduler = SequentialLR(optimizer, [warmup, general], [2])
    group = optimizer.param_groups[0]
    seen = []
    for _ in range(4):
        seen.append((group["lr"], group["momentum"], group["weight_decay"]))
        scheduler.step()
    assert seen == [(0.05, 0.9, 0.5), (pytest.approx(0.075), 0.9, 0.5), (0.7, 0.5, 0.25), (0.7, 0.5, 0.25)]


def test_a_group_added_early_keeps_its_momentum_until_the_cycle() -> None:
    optimizer = sgd()
    warmup, cycle = LinearLR(optimizer, 0.5, total_iters=2), OneCycleLR(optimizer, 0.1, 10)
    scheduler = SequentialLR(optimizer, [warmup, cycle], [2])
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "momentum": 0.3})
    scheduler.step()
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.3]
    scheduler.step()
    assert [group["momentum"] for group in optimizer.param_groups] == [0.95, 0.95]


def test_momentum_after_a_cycle_stays_where_the_cycle_left_it() -> None:
    optimizer = sgd()
    cycle = CyclicLR(optimizer, 0.1, 0.3, step_size_up=4, base_momentum=0.5, max_momentum=0.9)
    scheduler = SequentialLR(optimizer, [cycle, ExponentialLR(optimizer, 0.5)], [3])
    scheduler.step(2)
    last = optimizer.param_groups[0]["momentum"]
    for _ in range(5):
        scheduler.step()
        assert optimizer.param_groups[0]["momentum"] == last == pytest.approx(0.9 - 0.4 * 2 / 4)


def test_groups_outside_a_part_keep_their_values() -> None:
    optimizer = SGD([{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)], lr=0.1)
    parts = [StepLR(optimizer, 1, 0.5), Scheduler(optimizer, {0: lrcore.Constant(0.7)})]
    scheduler = SequentialLR(optimizer, parts, [2])
    assert [scheduler.schedules[group].values(0, 4).tolist() for group in (0, 1)] == [
        [0.1, 0.05, 0.7, 0.7],
        [0.1, 0.05, 0.05, 0.05],
    ]


def test_combinations_are_values() -> None:
    optimizer = sgd()
    parts = [LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)]
    first, second = (part.schedules[0] for part in parts)
    assert SequentialLR(optimizer, parts, [2]).schedules == [schedules.Sequence([first, second], [2])]
    chained = schedules.Product([first, schedules.Scaled(second, 1 / 0.1)])
    assert ChainedScheduler(parts).schedules == [chained]


@pytest.mark.parametrize("milestones", [[0, 3], [3, 3]])
def test_a_part_without_steps_is_left_out(milestones: list[int]) -> None:
    optimizer = sgd()
    parts = [ConstantLR(optimizer, 0.5, 100), ConstantLR(optimizer, 0.2, 100), ExponentialLR(optimizer, 0.5)]
    expected = [0.1 * (0.2 if milestones[0] == 0 else 0.5)] * 3 + [0.1, 0.05]
    assert lrs(SequentialLR(optimizer, parts, milestones), 5) == pytest.approx(expected, rel=1e-15)


def test_one_scheduler_is_a_sequence() -> None:
    optimizer = sgd()
    assert lrs(SequentialLR(optimizer, [ExponentialLR(optimizer, 0.5)], []), 3) == [0.1, 0.05, 0.025]


@pytest.mark.parametrize("last_epoch", [-1, 0, 1, 5])
def test_a_sequence_resumes_through_last_epoch(last_epoch: int) -> None:
    optimizer = sgd()
    parts = [LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)]
    scheduler = SequentialLR(optimizer, parts, [2], last_epoch=last_epoch)
    expected = [0.05, 0.075, 0.1, 0.05, 0.025, 0.0125, 0.00625]
    assert scheduler.get_last_lr() == pytest.approx([expected[last_epoch + 1]], rel=1e-15)


def test_a_chain_multiplies_a_cycle_by_the_factors_of_the_others() -> None:
    optimizer = sgd()
    cycle = CyclicLR(optimizer, 0.01, 0.05, step_size_up=2, base_momentum=0.8, max_momentum=0.9)
    scheduler = ChainedScheduler([StepLR(optimizer, 2, 0.5), cycle])
    assert lrs(scheduler, 5) == pytest.approx([0.01, 0.03, 0.025, 0.015, 0.0025], rel=1e-15)
    scheduler.step(2)
    assert optimizer.param_groups[0]["momentum"] == 0.8


def test_chaining_multiplies_also_non_multiplicative_schedulers() -> None:
    optimizer = sgd()
    wave = CosineAnnealingLR(optimizer, 4, eta_min=0.02)
    expected = [a * 0.5**t for t, a in enumerate([0.1, 0.02 + 0.08 * (2 + 2**0.5) / 4, 0.06])]
    assert lrs(ChainedScheduler([wave, ExponentialLR(optimizer, 0.5)]), 3) == pytest.approx(expected, rel=1e-14)


def test_a_chain_starts_where_its_first_scheduler_is() -> None:
    optimizer = sgd()
    parts = [ConstantLR(optimizer, 0.5, 2, last_epoch=2), ExponentialLR(optimizer, 0.5, last_epoch=2)]
    assert lrs(ChainedScheduler(parts), 2) == pytest.approx([0.1 / 8, 0.1 / 16], rel=1e-15)


@pytest.mark.parametrize("combine", [lambda o, p: SequentialLR(o, [p], []), lambda o, p: ChainedScheduler([p], o)])
@pytest.mark.parametrize(
    "part",
    [
        lambda optimizer: lr_scheduler.LambdaLR(optimizer, abs),
        lambda optimizer: lr_scheduler.StepLR(optimizer, 3),
        ReduceLROnPlateau,
        lambda optimizer: SWALR(optimizer, 0.1),
    ],
)
def test_a_scheduler_without_a_schedule_is_refused(combine: Callable[..., Any], part: Callable[..., Any]) -> None:
    optimizer = sgd()
    refused = part(optimizer)
    message = f"must be a Scheduler of lrcore.torch with a schedule of its own, but got {type(refused).__name__}"
    with pytest.raises(TypeError, match=message):
        combine(optimizer, refused)


@pytest.mark.parametrize("combine", [lambda o, p: SequentialLR(o, [p], []), lambda o, p: ChainedScheduler([p], o)])
def test_a_scheduler_of_another_optimizer_is_refused(combine: Callable[[Optimizer, Scheduler], Any]) -> None:
    with pytest.raises(ValueError, match=r"schedulers\[0\] must be of the same optimizer as the others"):
        combine(sgd(), StepLR(sgd(), 3))


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([], "milestones must be one fewer than the 2 schedulers, but got 0"),
        ([1, 2], "milestones must be one fewer than the 2 schedulers, but got 2"),
        ([-1], r"milestones must not be negative or decrease, but got \[-1\]"),
    ],
)
def test_bad_milestones_are_refused_and_change_nothing(milestones: list[int], message: str) -> None:
    optimizer = sgd()
    parts = [OneCycleLR(optimizer, 0.1, 10), StepLR(optimizer, 3)]
    before = dict(optimizer.param_groups[0])
    with pytest.raises(ValueError, match=message):
        SequentialLR(optimizer, parts, milestones)
    assert optimizer.param_groups[0] == before


@pytest.mark.parametrize("combine", [lambda o: SequentialLR(o, [], []), lambda o: ChainedScheduler([], o)])
def test_no_scheduler_is_refused(combine: Callable[[Optimizer], Any]) -> None:
    with pytest.raises(ValueError, match="schedulers must have at least one scheduler, but got none"):
        combine(sgd())
