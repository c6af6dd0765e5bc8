"""Regressions known from torch's schedulers; each test names the upstream issue if there is one."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, Optimizer, lr_scheduler

import lrcore.torch
from lrcore import Cosine
from lrcore.torch import (
    ChainedScheduler,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    Scheduler,
    SequentialLR,
    StepLR,
)
from tests.support.torch_runs import CASES, OPTIMIZERS, lr, one_group, ours, stepped, values


def resumed_through_last_epoch(build: Callable[..., Any], library: Any, steps: int) -> float:
    """The lr of an optimizer whose state was loaded, and whose scheduler was then built with last_epoch."""
    saved, _ = stepped(lambda optimizer: build(library, optimizer), steps)
    optimizer = one_group()
    optimizer.load_state_dict(saved.state_dict())
    build(library, optimizer, last_epoch=steps - 1)
    return lr(optimizer)


# 1


# pytorch#88791, pytorch#49630, pytorch#52236
def test_warm_restarts_resume_through_last_epoch() -> None:
    def build(library: Any, optimizer: Optimizer, **last: int) -> Any:
        return library.CosineAnnealingWarmRestarts(optimizer, T_0=5, T_mult=2, **last)

    assert resumed_through_last_epoch(build, lr_scheduler, 12) == pytest.approx(0.090451, abs=1e-6)
    # Step 12 is the 8th of the wave of 10 that began at 5.
    expected = 0.1 * (1 + math.cos(math.pi * 7 / 10)) / 2
    assert resumed_through_last_epoch(build, lrcore.torch, 12) == pytest.approx(expected, rel=1e-14)


# 2


def test_a_step_to_a_restart_restarts() -> None:
    optimizer = one_group()
    peer = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 1, 3)
    optimizer.step()
    peer.step(121)
    assert lr(optimizer) == 0.0
    for period_mult in (2, 3, 4, 5, 7, 10):
        for first_period in (1, 2, 3, 7, 100, 199):
            optimizer = one_group()
            scheduler = CosineAnnealingWarmRestarts(optimizer, first_period, period_mult)
            for waves in range(1, 7):
                scheduler.step(first_period * (period_mult**waves - 1) // (period_mult - 1))
                assert lr(optimizer) == 0.1


# 3


@pytest.mark.parametrize("steps", [9, 10, 11, 20, 25])
def test_resuming_through_last_epoch_at_a_milestone(steps: int) -> None:
    def drops(library: Any, optimizer: Optimizer, **last: int) -> Any:
        return library.MultiStepLR(optimizer, [10, 20], gamma=0.1, **last)

    def pause(library: Any, optimizer: Optimizer, **last: int) -> Any:
        return library.ConstantLR(optimizer, factor=0.5, total_iters=10, **last)

    if steps == 10:
        assert resumed_through_last_epoch(drops, lr_scheduler, steps) == pytest.approx(0.001)
        assert resumed_through_last_epoch(pause, lr_scheduler, steps) == pytest.approx(0.2)
    expected = 0.1 * 0.1 ** ((steps >= 10) + (steps >= 20))
    assert resumed_through_last_epoch(drops, lrcore.torch, steps) == pytest.approx(expected, rel=1e-14)
    assert resumed_through_last_epoch(pause, lrcore.torch, steps) == (0.1 if steps >= 10 else 0.05)


# 4


# pytorch#119168, pytorch#175506, pytorch#162591
@pytest.mark.parametrize("steps", range(12))
def test_a_sequence_is_built_and_loaded_after_its_optimizer(steps: int) -> None:
    def build(library: Any, optimizer: Optimizer) -> Any:
        parts = [library.LinearLR(optimizer, 0.1, total_iters=5), library.ExponentialLR(optimizer, 0.9)]
        return library.SequentialLR(optimizer, parts, [5])

    def resumed(library: Any) -> float:
        saved = stepped(lambda optimizer: build(library, optimizer), steps)
        optimizer = one_group()
        optimizer.load_state_dict(saved[0].state_dict())
        build(library, optimizer).load_state_dict(saved[1].state_dict())
        return lr(optimizer)

    expected = 0.01 + 0.09 * steps / 5 if steps < 5 else 0.1 * 0.9 ** (steps - 5)
    if steps == 8:
        assert resumed(lr_scheduler) == pytest.approx(0.01)
    assert resumed(lrcore.torch) == pytest.approx(expected, rel=1e-14)


# 5


def nested(library: Any, optimizer: Optimizer) -> Any:
    first = library.SequentialLR(
        optimizer, [library.ConstantLR(optimizer, 0.5, 100), library.ConstantLR(optimizer, 0.2, 100)], [2]
    )
    return library.SequentialLR(optimizer, [first, library.ExponentialLR(optimizer, 0.5)], [4])


# pytorch#196243
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning")  # torch's, by its own constructor
def test_a_nested_sequence_keeps_the_curve() -> None:
    lrs: dict[Any, list[float]] = {}
    for library in (lr_scheduler, lrcore.torch):
        optimizer = one_group()
        scheduler = nested(library, optimizer)
        lrs[library] = []
        for _ in range(6):
            lrs[library].append(lr(optimizer))
            optimizer.step()
            scheduler.step()
    expected = [0.05, 0.05, 0.02, 0.02, 0.1, 0.05]
    assert lrs[lr_scheduler] != pytest.approx(expected)
    assert lrs[lrcore.torch] == pytest.approx(expected, rel=1e-15)


# 6


@pytest.mark.parametrize("cycle_first", [False, True])
def test_a_following_cycle_does_not_change_the_warmup(cycle_first: bool) -> None:
    def build(library: Any, optimizer: Optimizer) -> Any:
        if cycle_first:
            cycle = library.OneCycleLR(optimizer, 0.1, 20)
            warmup = library.LinearLR(optimizer, 0.1, total_iters=5)
        else:
            warmup = library.LinearLR(optimizer, 0.1, total_iters=5)
            cycle = library.OneCycleLR(optimizer, 0.1, 20)
        return library.SequentialLR(optimizer, [warmup, cycle], [5])

    optimizer = one_group(momentum=0.9)
    build(lr_scheduler, optimizer)
    assert values(optimizer) == [(pytest.approx(0.0004), 0.95)]
    optimizer = one_group(momentum=0.9)
    scheduler = build(lrcore.torch, optimizer)
    for step in range(5):
        assert values(optimizer) == [(pytest.approx(0.01 + 0.09 * step / 5, rel=1e-14), 0.9)]
        scheduler.step()
    assert values(optimizer) == [(0.1 / 25, 0.95)]
    assert optimizer.param_groups[0]["initial_lr"] == 0.1


def test_the_schedule_after_a_warmup_uses_its_own_base_lr() -> None:
    optimizer = one_group()
    warmup, decay = LinearLR(optimizer, 0.1, total_iters=20), ExponentialLR(optimizer, 0.5)
    scheduler = SequentialLR(optimizer, [warmup, decay], [10])
    scheduler.step(10)
    assert lr(optimizer) == 0.1


# 7


# pytorch#79888, pytorch#20997, pytorch#104361
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_group_added_later_follows_from_its_own_lr(name: str, arguments: dict[str, Any]) -> None:
    together, later = OPTIMIZERS["sgd"](), OPTIMIZERS["sgd"]()
    added = {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.1}
    schedulers = [ours(name)(together, **arguments), ours(name)(later, **arguments)]
    later.add_param_group(added)
    for _ in range(20):
        for scheduler in schedulers:
            scheduler.step()
        assert values(later) == [*values(together), values(together)[0]]  # the first group has the same lr
    assert added["initial_lr"] == 0.1


def test_torch_refuses_an_added_group_or_misses_its_base_lr() -> None:
    optimizer = one_group()
    peer = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 5)
    optimizer.step()
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})
    with pytest.raises(ValueError, match="shorter"):
        peer.step()


def test_a_group_is_added_under_combinations() -> None:
    optimizer = one_group()
    warmup, decay = LinearLR(optimizer, 0.5, total_iters=2), StepLR(optimizer, 2, 0.5)
    scheduler = SequentialLR(optimizer, [warmup, ChainedScheduler([decay, ExponentialLR(optimizer, 0.5)])], [2])
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 1.0})
    scheduler.step(5)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.1 / 16, 1 / 16], rel=1e-15)


# 8


def test_loading_keeps_hyper_parameters() -> None:
    short = stepped(lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 10, cycle_momentum=False), 5)[1]
    peer = lr_scheduler.OneCycleLR(one_group(), 0.1, 1000, cycle_momentum=False)
    peer.load_state_dict(short.state_dict())
    assert peer.total_steps == 10
    optimizer = one_group()
    extended = OneCycleLR(optimizer, 0.1, 1000)
    for state in (short.state_dict(), OneCycleLR(one_group(), 0.1, 10).state_dict() | {"step": 5}):
        extended.load_state_dict(state)
        assert lr(optimizer) == lrcore.OneCycle(0.1, 1000)(5)
    milestones = MultiStepLR(optimizer, [3, 400], gamma=0.5)
    milestones.load_state_dict(stepped(lambda optimizer: MultiStepLR(optimizer, [3, 4]), 5)[1].state_dict())
    assert lr(optimizer) == 0.05


# 9


@pytest.mark.parametrize("library", [lrcore.torch, lr_scheduler])
def test_the_user_chooses_the_effect_of_an_lr_set_by_hand(library: Any) -> None:
    optimizer, scheduler = stepped(lambda optimizer: library.CosineAnnealingLR(optimizer, 10), 3)
    curve = Cosine(0.1, 10)
    optimizer.param_groups[0]["lr"] = 0.5
    scheduler.step()
    assert lr(optimizer) == pytest.approx(curve(4) * 0.5 / curve(3), rel=1e-12)

    optimizer, pure = stepped(lambda optimizer: Scheduler(optimizer, curve), 3)
    optimizer.param_groups[0]["lr"] = 0.5
    pure.step()
    assert lr(optimizer) == curve(4)
    pure.factor = 2.0
    assert lr(optimizer) == 2 * curve(4)


# 10


def test_state_and_schedules_hold_no_parameter() -> None:
    optimizer = SGD([torch.nn.Parameter(torch.zeros(10**6))], lr=0.1)
    scheduler = CyclicLR(optimizer, 0.01, 0.1)
    assert len(pickle.dumps(scheduler.state_dict())) < 200
    assert len(pickle.dumps(scheduler.schedules)) < 500
    ahead = copy.deepcopy(scheduler.schedules)[0]
    assert ahead is not None
    assert ahead(2000) == 0.1
    assert scheduler.get_last_lr() == [0.01]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_copied_scheduler_and_optimizer_stay_paired(name: str, arguments: Any, copied: Any) -> None:
    for scheduler_first in (False, True):
        optimizer = OPTIMIZERS["adam"]()
        scheduler = ours(name)(optimizer, **arguments)
        pair = copied([scheduler, optimizer])[::-1] if scheduler_first else copied([optimizer, scheduler])
        assert pair[1].optimizer is pair[0]
        before = values(optimizer)
        pair[1].step()
        assert values(optimizer) == before
        scheduler.step()
        assert values(pair[0]) == values(optimizer)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_no_reference_leads_back_to_a_scheduler(name: str, arguments: dict[str, Any]) -> None:
    optimizer = OPTIMIZERS["sgd"]()
    scheduler = ours(name)(optimizer, **arguments)
    scheduler.step()
    dead = [weakref.ref(optimizer), weakref.ref(scheduler)]
    gc.disable()
    try:
        del optimizer, scheduler
        assert [reference() for reference in dead] == [None, None]
    finally:
        gc.enable()


# 11


def test_a_tensor_lr_is_the_rounded_exact_value() -> None:
    steps, gamma = 10_000, 0.9999
    lrs = [torch.tensor(0.1), torch.tensor(0.1)]
    stepped(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma), steps, one_group(lrs[0]))
    optimizer = one_group(lrs[1])
    ExponentialLR(optimizer, gamma).step(steps)
    assert optimizer.param_groups[0]["lr"] is lrs[1]
    exact = np.float32(float(np.float32(0.1)) * gamma**steps)
    assert abs(lrs[0].item() / exact - 1) > 1e-4
    assert lrs[1].item() == exact


# 12


def graphs(library: Any, make: Callable[[], Optimizer], build: Callable[[Any, Optimizer], Any]) -> int:
    """The number of graphs that torch.compile makes for 12 steps."""
    made = []

    def count(graph: torch.fx.GraphModule, _inputs: list[torch.Tensor]) -> Callable[..., Any]:
        made.append(graph)
        return graph.forward

    torch.compiler.reset()
    optimizer = make()
    optimizer.param_groups[0]["params"][0].grad = torch.ones(1)
    update = torch.compile(optimizer.step, backend=count)
    scheduler = build(library, optimizer)
    for _ in range(12):
        update()
        scheduler.step()
    torch.compiler.reset()
    return len(made)


def adam(lr: float | torch.Tensor) -> Adam:
    return Adam([torch.nn.Parameter(torch.zeros(1))], lr=lr)


# pytorch#107076, pytorch#120934
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning")
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("tensor", "build"),
    [
        (False, lambda library, optimizer: library.ExponentialLR(optimizer, 0.9)),
        (True, lambda library, optimizer: library.ExponentialLR(optimizer, 0.9)),
        (True, lambda library, optimizer: library.OneCycleLR(optimizer, 0.1, 20)),
    ],
)
def test_compiled_steps_recompile_no_more_often_than_torch(tensor: bool, build: Any) -> None:
    def make() -> Adam:
        return adam(torch.tensor(0.1) if tensor else 0.1)

    assert graphs(lrcore.torch, make, build) <= graphs(lr_scheduler, make, build)


# pytorch#133898
def test_a_tensor_beta_is_filled_in_place() -> None:
    betas = torch.tensor(0.9), torch.tensor(0.99)
    optimizer = Adam([torch.nn.Parameter(torch.zeros(1))], lr=torch.tensor(0.1), betas=betas, capturable=True)
    scheduler = OneCycleLR(optimizer, 0.1, 20)
    scheduler.step()
    assert optimizer.param_groups[0]["betas"][0] is betas[0]
    assert betas[0].item() == np.float32(lrcore.OneCycleMomentum(0.85, 0.95, 20)(1))
