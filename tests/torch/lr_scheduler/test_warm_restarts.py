"""Warm restarts between epochs, upwards, in torch's own sequence and after errors."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import lrcore.torch
from lrcore.torch import ChainedScheduler, CosineAnnealingWarmRestarts, ExponentialLR, SequentialLR
from tests.support.torch_runs import lr, one_group


def both(*arguments: Any, start: float = 0.1) -> tuple[Any, Any]:
    """Ours and torch's, each with an optimizer of its own that has made an update."""
    pair = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = one_group(start)
        pair.append(library.CosineAnnealingWarmRestarts(optimizer, *arguments))
        optimizer.step()
    return pair[0], pair[1]


def assert_same(ours: Any, peer: Any) -> None:
    assert ours.last_epoch == peer.last_epoch
    assert ours.get_last_lr() == pytest.approx(peer.get_last_lr(), rel=1e-12, abs=1e-16)
    assert lr(ours.optimizer) == ours.get_last_lr()[0]


@pytest.mark.parametrize("period_mult", [1, 2, 3])
@pytest.mark.parametrize("epochs", [(0.5, 1.25, *[None] * 9), (2, None, 5.75, *[None] * 9), (None, 0.1, None, 3, None)])
def test_a_step_after_a_fractional_epoch_is_one_epoch(period_mult: int, epochs: Sequence[float | None]) -> None:
    ours, peer = both(4, period_mult, 0.01)
    for epoch in epochs:
        ours.step(epoch)
        peer.step(epoch)
        assert_same(ours, peer)


@pytest.mark.parametrize("begin", [0.5, 2 / 3, 7])
def test_a_state_between_two_epochs_is_resumed(begin: float) -> None:
    whole, _ = both(4, 2)
    whole.step(begin)
    whole.step()
    resumed, _ = both(4, 2)
    resumed.load_state_dict(json.loads(json.dumps(whole.state_dict())))
    for _ in range(9):
        assert resumed.get_last_lr() == whole.get_last_lr()
        assert resumed.last_epoch == whole.last_epoch
        resumed.step()
        whole.step()


@pytest.mark.parametrize(("first_period", "period_mult", "eta_min"), [(3, 1, 0.01), (3, 2, 0.0), (7, 5, 0.2)])
def test_a_whole_epoch_has_the_same_bits_whatever_came_before(
    first_period: int, period_mult: int, eta_min: float
) -> None:
    scheduler, expected = both(first_period, period_mult, eta_min)[0], both(first_period, period_mult, eta_min)[0]
    scheduler.step(0.5)
    for epoch in range(1, 60):
        scheduler.step(epoch - 2.0**-50 * epoch)  # as a sum of parts may end, closer to it than parts can be told apart
        expected.step(epoch)
        assert scheduler.get_last_lr() == expected.get_last_lr()
        assert scheduler.last_epoch == epoch


def test_its_schedules_are_of_whole_epochs_also_between_two() -> None:
    optimizer = one_group()
    restarts, decay = CosineAnnealingWarmRestarts(optimizer, 4, 2), ExponentialLR(optimizer, 0.5)
    expected = SequentialLR(optimizer, [restarts, decay], [5]).schedules
    for epoch in (1.5, 2, 2.25):
        restarts.step(epoch)
        assert restarts.schedules == [lrcore.CosineRestarts(0.1, 4, 2)]
        assert SequentialLR(optimizer, [restarts, decay], [5]).schedules == expected


@pytest.mark.parametrize("batches", [7, 391, 1000])
def test_the_schedules_are_rebuilt_at_most_twice_an_epoch(batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler, _ = both(5)
    built = Mock(wraps=lrcore.CosineRestarts)
    monkeypatch.setattr(lrcore.torch.lr_scheduler._warm_restarts, "CosineRestarts", built)
    for epoch in range(3):
        for batch in range(batches):
            scheduler.step(epoch + batch / batches)
    assert 1 <= built.call_count <= 6


@pytest.mark.parametrize("milestones", [[5], [1], [9]])
@pytest.mark.parametrize("restarts_are", ["first", "second"])
def test_in_torchs_own_sequence_it_is_where_torchs_is(restarts_are: str, milestones: list[int]) -> None:
    sequences = []
    for library in (lrcore.torch, lr_scheduler):
        optimizer = one_group()
        restarts = library.CosineAnnealingWarmRestarts(optimizer, 4)
        # The first scheduler of a sequence; torch's own as the other one, whose recursion starts from the lr that is.
        other = lr_scheduler.ConstantLR(optimizer, 1.0, 100)
        parts = [restarts, other] if restarts_are == "first" else [other, restarts]
        sequences.append(lr_scheduler.SequentialLR(optimizer, parts, milestones))
        optimizer.step()
    ours, peer = sequences
    for _ in range(14):
        assert ours.get_last_lr() == pytest.approx(peer.get_last_lr(), rel=1e-12)
        ours.step()
        peer.step()


def test_it_continues_from_an_assigned_last_epoch() -> None:
    ours, _ = both(7)
    expected, _ = both(7)
    ours.last_epoch = 4
    ours.step()
    expected.step(5)
    assert (ours.last_epoch, ours.get_last_lr()) == (5, expected.get_last_lr())


@pytest.mark.parametrize("period_mult", [1, 2, 5])
@pytest.mark.parametrize("start", [0.1, 0.0])
def test_waves_to_a_greater_eta_min_go_up_as_in_torch(period_mult: int, start: float) -> None:
    ours, peer = both(3, period_mult, 0.25, start=start)
    for step in range(200):
        assert_same(ours, peer)
        epoch = step + 1 / 3 if step % 4 == 0 else None
        ours.step(epoch)
        peer.step(epoch)


def test_waves_go_up_to_the_last_step() -> None:
    schedule = CosineAnnealingWarmRestarts(one_group(0.0), 1, 2, 1.0).schedules[0]
    assert schedule is not None
    # Waves of 1, 2, 4, ... steps begin at 2^n - 1, and are half-way 2^(n - 1) steps later.
    for n in range(1, 63):
        assert schedule(2**n - 1) == 0.0
        assert schedule(2**n - 1 + 2 ** (n - 1)) == pytest.approx(0.5, rel=1e-12)
    assert CosineAnnealingWarmRestarts(one_group(0.0), 2, 2**40, 1.0, last_epoch=2**50).get_last_lr()[0] < 1e-6


def test_groups_with_lr_below_eta_min_rise_between_restarts() -> None:
    optimizers = [one_group(), one_group()]
    ours = CosineAnnealingWarmRestarts(optimizers[0], 4, eta_min=0.01)
    peer = lr_scheduler.CosineAnnealingWarmRestarts(optimizers[1], 4, eta_min=0.01)
    for optimizer in optimizers:
        optimizer.step()
        frozen = {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.0, "initial_lr": 0.0}
        optimizer.add_param_group(frozen)
    peer.base_lrs.append(0.0)  # torch's has no notion of a group that comes later
    for _ in range(9):
        ours.step()
        peer.step()
        assert [group["lr"] for group in optimizers[0].param_groups] == pytest.approx(
            [group["lr"] for group in optimizers[1].param_groups], rel=1e-12, abs=1e-17
        )


@pytest.mark.parametrize("combine", [lambda o, p: SequentialLR(o, p, [3]), lambda o, p: ChainedScheduler(p, o)])
def test_rising_waves_can_be_combined(combine: Any) -> None:
    optimizer = one_group(0.1)
    parts = [CosineAnnealingWarmRestarts(optimizer, 4, 2, 0.2), ExponentialLR(optimizer, 0.5)]
    assert combine(optimizer, parts).get_last_lr() == [0.1]


BAD_EPOCHS = [
    (-0.5, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got -0\.5$"),
    (-1, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got -1$"),
    (math.nan, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got nan$"),
    (math.inf, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got inf$"),
    (1e300, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got 1e\+300$"),
    (2**63, ValueError, r"^epoch must be from 0 to 2\*\*63 - 1, but got 9223372036854775808$"),
    (10**400, ValueError, r"^epoch is too large for a float$"),
    (True, TypeError, r"^epoch must be a number, but got True$"),
    ("1", TypeError, r"^epoch must be a number, but got '1'$"),
]


@pytest.mark.parametrize("begin", [1, 1.5])
@pytest.mark.parametrize(("epoch", "error", "message"), BAD_EPOCHS, ids=[str(case[0])[:8] for case in BAD_EPOCHS])
def test_an_invalid_epoch_is_refused_and_changes_nothing(
    begin: float, epoch: Any, error: type[Exception], message: str
) -> None:
    scheduler, peer = both(4)
    scheduler.step(begin)
    peer.step(begin)
    with pytest.raises(error, match=message):
        scheduler.step(epoch)
    assert_same(scheduler, peer)
    scheduler.step()
    peer.step()
    assert_same(scheduler, peer)


def test_a_write_that_fails_changes_nothing() -> None:
    optimizer = one_group()
    scheduler = CosineAnnealingWarmRestarts(optimizer, 4)
    scheduler.step()
    before, state = scheduler.get_last_lr(), scheduler.state_dict()
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": -1.0})
    with pytest.raises(ValueError, match=r"-1\.0"):
        scheduler.step(1.5)
    optimizer.param_groups.pop()
    assert (scheduler.get_last_lr(), scheduler.state_dict()) == (before, state)
    scheduler.step(1.5)
    assert scheduler.get_last_lr() == pytest.approx([0.05 * (1 + math.cos(math.pi * 1.5 / 4))], rel=1e-12)


@pytest.mark.parametrize("epoch", [2**62 + 2**61, 3e18, 2.5 + 2**40, 2**63 - 1, np.int64(5), np.float32(0.5)])
@pytest.mark.parametrize("first_period", [4, 2**62])
def test_far_epochs_and_numbers_of_numpy_are_taken(epoch: Any, first_period: int) -> None:
    scheduler = CosineAnnealingWarmRestarts(one_group(), first_period)
    scheduler.step(epoch)
    done = float(epoch % first_period) / first_period
    assert scheduler.last_epoch == int(epoch)
    assert scheduler.get_last_lr() == pytest.approx([0.05 * (1 + math.cos(math.pi * done))], rel=1e-9)
    json.dumps(scheduler.state_dict())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eta_min": -0.1}, r"^eta_min must be finite and not negative, but got -0\.1$"),
        ({"eta_min": math.nan}, r"^eta_min must be finite and not negative, but got nan$"),
        ({"T_mult": 2 * 10**6}, r"^T_mult must be .*, but got 2000000\.0$"),
        ({"T_0": 0}, r"^T_0 must be at least 1, but got 0$"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CosineAnnealingWarmRestarts(one_group(), **{"T_0": 4, **arguments})
