"""A sequence in a sequence is the flat one, for the momentum too, whatever the order in which its parts were built."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

import lrcore.torch
from lrcore import Tabulated
from lrcore.torch import (
    ChainedScheduler,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    OneCycleLR,
    Scheduler,
    SequentialLR,
    StepLR,
)
from tests.support.torch_runs import one_group, run

STEPS = 12


def test_the_momentum_matches_the_flat_sequence() -> None:
    rows = []
    for nested in (False, True):
        optimizer = one_group(momentum=0.6)
        first, second, third = CyclicLR(optimizer, 0.01, 0.2, 5), StepLR(optimizer, 9), OneCycleLR(optimizer, 0.1, 20)
        if nested:
            scheduler = SequentialLR(optimizer, [first, SequentialLR(optimizer, [second, third], [3])], [3])
        else:
            scheduler = SequentialLR(optimizer, [first, second, third], [3, 6])
        rows.append(run(optimizer, scheduler, STEPS).tolist())
    assert rows[0] == rows[1]
    assert [momentum for _, momentum in itertools.chain(*rows[0][3:6])] == [rows[0][2][0][1]] * 3


def test_so_are_the_groups_that_a_part_leaves_alone() -> None:
    rows = []
    for nested in (False, True):
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.1, 0.03)]
        optimizer = torch.optim.SGD(groups, momentum=0.9)
        first, second = ExponentialLR(optimizer, 0.5), Scheduler(optimizer, {0: Tabulated([0.7])})
        third = StepLR(optimizer, 100)
        if nested:
            scheduler = SequentialLR(optimizer, [first, SequentialLR(optimizer, [second, third], [2])], [3])
        else:
            scheduler = SequentialLR(optimizer, [first, second, third], [3, 5])
        rows.append(run(optimizer, scheduler, STEPS).tolist())
    assert rows[0] == rows[1]


def test_the_outer_milestone_cuts_an_inner_sequence() -> None:
    optimizer = one_group()
    inner = SequentialLR(optimizer, [Scheduler(optimizer, Tabulated([lr])) for lr in (0.1, 0.2, 0.3)], [2, 4])
    scheduler = SequentialLR(optimizer, [inner, Scheduler(optimizer, Tabulated([0.4]))], [4])
    assert run(optimizer, scheduler, 6)[:, 0, 0].tolist() == [0.1, 0.1, 0.2, 0.2, 0.4, 0.4]


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_momentum_before_the_first_cycle_is_unchanged(order: tuple[int, ...]) -> None:
    optimizer = one_group(momentum=0.5)
    builds = [
        lambda: LinearLR(optimizer, total_iters=3),
        lambda: OneCycleLR(optimizer, 0.1, total_steps=10),
        lambda: CyclicLR(optimizer, 0.01, 0.1, 2),
    ]
    parts: list[Any] = [None] * 3
    for index in order:
        parts[index] = builds[index]()
    SequentialLR(optimizer, parts, [3, 13])
    assert optimizer.param_groups[0]["momentum"] == 0.5


@pytest.mark.parametrize("cycle", ["CyclicLR", "OneCycleLR"])
def test_torchs_sequence_of_cycle_and_decay_resumes_under_ours(cycle: str) -> None:
    def build(library: Any, optimizer: torch.optim.Optimizer) -> Any:
        decay = library.StepLR(optimizer, 4, 0.5)
        bounds = (0.01, 0.05, 2) if cycle == "CyclicLR" else (0.05, 20)
        return library.SequentialLR(optimizer, [getattr(library, cycle)(optimizer, *bounds), decay], [6])

    optimizer, fresh = one_group(momentum=0.9), one_group(momentum=0.9)
    peer, scheduler = build(lr_scheduler, optimizer), build(lrcore.torch, fresh)
    optimizer.param_groups[0]["initial_lr"] = 0.1  # which torch's OneCycleLR has overwritten
    run(optimizer, peer, 7)
    scheduler.load_state_dict(peer.state_dict())
    expected = [0.1 * 0.5 ** (t // 4) for t in range(1, 11)]
    assert run(fresh, scheduler, 10)[:, 0, 0].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_chain_of_two_cycles_is_refused() -> None:
    optimizer = one_group(momentum=0.9)
    parts = [CyclicLR(optimizer, 0.01, 0.1, 3), OneCycleLR(optimizer, 0.2, 20)]
    with pytest.raises(ValueError, match="schedulers must have at most one whose learning rates do not start from"):
        ChainedScheduler(parts)
