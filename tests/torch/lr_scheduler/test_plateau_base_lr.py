"""A plateau after a warm-up, and on top of a schedule by its factor."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from lrcore import Constant, Cosine, Schedule, Warmup
from lrcore.torch import ReduceLROnPlateau, Scheduler
from tests.support.torch_plateau import lrs, sgd

WARMED_COSINE = Warmup(Cosine(0.5, 40), 5)
METRICS = [4.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0]
PER_EPOCH = 4
# With patience 1 the second bad metric in a row reduces: after the epochs 3, 6, and 10.
FACTORS = [1.0] * 4 + [0.5] * 3 + [0.25] * 4 + [0.125]


def both(schedule: Schedule, **arguments: Any) -> tuple[Scheduler, ReduceLROnPlateau]:
    scheduler = Scheduler(sgd(), schedule)
    return scheduler, ReduceLROnPlateau(scheduler.optimizer, base=scheduler, factor=0.5, patience=1, **arguments)


def train(scheduler: Scheduler, plateau: ReduceLROnPlateau, metrics: list[float]) -> list[float]:
    """The learning rate of every update, with one metric after every `PER_EPOCH` of them."""
    used = []
    for metric in metrics:
        for _ in range(PER_EPOCH):
            used += lrs(scheduler.optimizer)
            scheduler.step()
        plateau.step(metric)
    return used


def test_reductions_stay_on_top_of_a_warmed_up_cosine() -> None:
    used = train(*both(WARMED_COSINE), METRICS)
    factors = [factor for factor in FACTORS for _ in range(PER_EPOCH)]
    assert used == [factor * WARMED_COSINE(t) for t, factor in enumerate(factors)]


def test_the_plateau_may_be_stepped_before_its_base() -> None:
    scheduler, plateau = both(WARMED_COSINE)
    for t, factor in enumerate(FACTORS):
        assert lrs(scheduler.optimizer) == [factor * WARMED_COSINE(t)]
        plateau.step(METRICS[t])
        scheduler.step()


def test_a_plateau_follows_when_a_warm_up_has_ended() -> None:
    optimizer = sgd()
    warmup, plateau = Scheduler(optimizer, Warmup(Constant(0.5), 3)), ReduceLROnPlateau(optimizer, patience=0)
    for _ in range(3):
        warmup.step()
    assert lrs(optimizer) == [0.5]
    assert [plateau.step(1.0), bool(plateau.step(1.0)), lrs(optimizer)] == [None, True, [0.5 * 0.1]]


def test_an_event_tells_the_learning_rates_of_the_next_update() -> None:
    scheduler, plateau = both(Constant(0.5))
    train(scheduler, plateau, METRICS[:4])
    assert [(event.step, event.old_lrs, event.new_lrs) for event in plateau.events] == [(3, (0.5,), (0.25,))]
    assert plateau.get_last_lr() == [0.25]


ORDERS = list(itertools.permutations(["optimizer", "scheduler", "plateau"]))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("epoch", [0, 3, 4, 7, 11])
def test_a_run_resumed_in_any_loading_order_is_unchanged(order: tuple[str, ...], epoch: int) -> None:
    whole = train(*both(WARMED_COSINE), METRICS)
    scheduler, plateau = both(WARMED_COSINE)
    train(scheduler, plateau, METRICS[:epoch])
    saved = {"optimizer": scheduler.optimizer, "scheduler": scheduler, "plateau": plateau}
    states = {name: saved[name].state_dict() for name in order}
    scheduler, plateau = both(WARMED_COSINE)
    loaded = {"optimizer": scheduler.optimizer, "scheduler": scheduler, "plateau": plateau}
    for name in order:
        loaded[name].load_state_dict(states[name] if name == "optimizer" else json.loads(json.dumps(states[name])))
    assert train(scheduler, plateau, METRICS[epoch:]) == whole[epoch * PER_EPOCH :]


def test_no_learning_rate_is_reduced_below_its_bound() -> None:
    scheduler = Scheduler(sgd(1.0, 1.0), [Constant(1.0), Constant(0.5)])
    plateau = ReduceLROnPlateau(scheduler.optimizer, base=scheduler, factor=0.5, patience=0, min_lr=[0.125, 0.2])
    assert [bool(plateau.step(1.0)) for _ in range(5)] == [False, True, True, False, False]
    assert scheduler.factor == pytest.approx(0.4, rel=1e-15)
    assert lrs(scheduler.optimizer) == pytest.approx([0.4, 0.2], rel=1e-15)


@pytest.mark.parametrize("tensor", [False, True])
def test_a_learning_rate_at_its_bound_is_not_said_to_fall_again(tensor: bool) -> None:
    """The bound, as a factor of the schedule, is rounded to either side of it."""
    for lr, min_lr in np.random.default_rng(1).uniform([0.3, 0.1], [0.5, 0.2], (50, 2)).tolist():
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=torch.tensor(1.0) if tensor else 1.0)
        scheduler = Scheduler(optimizer, Constant(lr))
        plateau = ReduceLROnPlateau(optimizer, base=scheduler, factor=0.01, patience=0, min_lr=min_lr)
        assert [bool(plateau.step(1.0)) for _ in range(5)] == [False, True, False, False, False]
        assert lrs(optimizer) == pytest.approx([min_lr], rel=1e-6)


def test_a_schedule_already_below_min_lr_is_unchanged() -> None:
    scheduler, plateau = both(Constant(0.01), min_lr=0.1)
    assert not any(plateau.step(1.0) for _ in range(9))
    assert scheduler.factor == 1.0


def test_a_reduction_by_eps_or_less_is_left_out() -> None:
    for eps, factor in [(0.25, 1.0), (0.2, 0.5)]:
        scheduler, plateau = both(Constant(0.5), eps=eps)
        assert bool([plateau.step(1.0) for _ in range(3)][-1]) == (factor < 1)
        assert scheduler.factor == factor


def test_nothing_falls_while_every_learning_rate_is_zero() -> None:
    scheduler, plateau = both(Warmup(Constant(0.5), 5, first="0"))
    assert not any(plateau.step(1.0) for _ in range(9))
    assert scheduler.factor == 1.0


@pytest.mark.parametrize("bound", [{"min_lr": 1.0}, {"eps": 1.0}])
def test_an_inexpressible_bound_prevents_the_reduction(bound: dict[str, float]) -> None:
    scheduler, plateau = both(Constant(1e-320), **bound)
    assert not any(plateau.step(1.0) for _ in range(9))
    assert scheduler.factor == 1.0


def test_groups_outside_the_base_do_not_affect_reductions() -> None:
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (1e-6, 0.5)]
    optimizer = torch.optim.SGD(groups)
    scheduler = Scheduler(optimizer, {1: Constant(0.5)})
    plateau = ReduceLROnPlateau(optimizer, base=scheduler, factor=0.5, patience=0, min_lr=0.125)
    events = [plateau.step(metric) for metric in (1.0, 2.0, 2.0, 2.0)]
    assert [event and event.new_lrs for event in events] == [None, (0.25,), (0.125,), None]
    assert lrs(optimizer) == [1e-6, 0.125]


def test_another_kind_of_base_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^base must be an lrcore\.torch scheduler, but got Constant$"):
        ReduceLROnPlateau(sgd(), base=Constant(0.1))  # type: ignore[arg-type]


def test_a_base_of_another_optimizer_is_refused() -> None:
    sentence = "base must be a scheduler of the optimizer that is given beside it"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        ReduceLROnPlateau(sgd(), base=Scheduler(sgd(), Constant(0.1)))
