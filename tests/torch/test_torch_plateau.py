from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau as TorchReduceLROnPlateau

from lrcore.torch import ReduceLROnPlateau

RNG = np.random.default_rng(0)
METRICS = {
    "flat": [1.0] * 40,
    "falling then flat": [1.0 / (epoch + 1) for epoch in range(12)] + [0.1] * 28,
    "rising": [1.0 + 0.1 * epoch for epoch in range(40)],
    "noisy": (np.exp(-np.arange(60) / 20) + RNG.normal(0, 0.05, 60) + 0.2).tolist(),
    "NaN now and then": [math.nan if epoch % 3 == 1 else 1.0 / (1 + epoch // 6) for epoch in range(60)],
    "NaN first, then halving": [math.nan, *(2.0**-epoch for epoch in range(30))],
    "infinite": [math.inf] * 5 + [1.0] * 20,
}


def optimizer(*lrs: float) -> torch.optim.SGD:
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in lrs or (1.0,)])


def lrs(of: torch.optim.Optimizer) -> list[float]:
    return [float(group["lr"]) for group in of.param_groups]


def curve(make: Any, metrics: list[float], *group_lrs: float, **arguments: Any) -> list[list[float]]:
    """The learning rates of the groups after each metric."""
    reduced = optimizer(*group_lrs)
    scheduler = make(reduced, **arguments)
    rows = []
    for metric in metrics:
        scheduler.step(metric)
        rows.append(lrs(reduced))
    return rows


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(("patience", "cooldown"), [(0, 0), (2, 0), (2, 1), (3, 4)])
def test_positive_metrics_give_the_lrs_of_torch(
    name: str, mode: str, threshold_mode: str, patience: int, cooldown: int
) -> None:
    arguments = {
        "mode": mode,
        "threshold_mode": threshold_mode,
        "threshold": 0.01,
        "patience": patience,
        "cooldown": cooldown,
        "factor": 0.5,
    }
    ours = curve(ReduceLROnPlateau, METRICS[name], 1.0, 0.01, **arguments, min_lr=[1e-4, 1e-3])
    peer = curve(TorchReduceLROnPlateau, METRICS[name], 1.0, 0.01, **arguments, min_lr=[1e-4, 1e-3], eps=0)
    assert ours == peer


@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_mode_max_mirrors_mode_min(threshold_mode: str) -> None:
    metrics = METRICS["noisy"]
    falling = curve(ReduceLROnPlateau, metrics, mode="min", patience=2, threshold_mode=threshold_mode)
    rising = curve(
        ReduceLROnPlateau, [-metric for metric in metrics], mode="max", patience=2, threshold_mode=threshold_mode
    )
    assert falling == rising


def test_a_negative_metric_that_gets_worse_slowly_is_reduced() -> None:
    """In torch it need only beat best * (1 - threshold), which for a negative best is worse than the best."""
    worsening = [-1.0 + 1e-6 * epoch for epoch in range(10)]
    assert curve(ReduceLROnPlateau, worsening, patience=2, factor=0.5)[3] == [0.5]
    assert curve(TorchReduceLROnPlateau, worsening, patience=2, factor=0.5)[-1] == [1.0]


def test_step_says_whether_a_learning_rate_fell() -> None:
    scheduler = ReduceLROnPlateau(optimizer(), factor=0.5, patience=0, min_lr=0.3)
    assert [scheduler.step(1.0) for _ in range(5)] == [False, True, True, False, False]
    assert scheduler.get_last_lr() == [0.3]


def test_reductions_by_eps_or_less_are_left_out() -> None:
    tiny = [1.1e-8]
    assert curve(ReduceLROnPlateau, [1.0] * 2, *tiny, patience=0)[-1] == [pytest.approx(1.1e-9)]
    assert curve(ReduceLROnPlateau, [1.0] * 2, *tiny, patience=0, eps=1e-8)[-1] == tiny


def test_a_learning_rate_below_min_lr_is_not_raised() -> None:
    assert curve(ReduceLROnPlateau, [1.0] * 5, 0.01, patience=0, min_lr=0.1)[-1] == [0.01]


@pytest.mark.parametrize("min_lr", [0.3, [0.3]])
def test_a_group_added_later_has_the_first_min_lr(min_lr: float | list[float]) -> None:
    grown = optimizer(1.0)
    scheduler = ReduceLROnPlateau(grown, factor=0.5, patience=0, min_lr=min_lr)
    grown.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.4})
    scheduler.step(1.0)
    scheduler.step(1.0)
    assert lrs(grown) == [0.5, 0.3]


def test_construction_leaves_the_optimizer_as_it_is() -> None:
    before, after = optimizer(1.0), optimizer(1.0)
    scheduler = ReduceLROnPlateau(after)
    assert isinstance(scheduler, LRScheduler)
    assert vars(after).keys() == vars(before).keys()
    assert after.param_groups[0].keys() == before.param_groups[0].keys()


def test_a_tensor_lr_is_filled_in_place() -> None:
    lr = torch.tensor(1.0)
    reduced = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = ReduceLROnPlateau(reduced, factor=0.5, patience=0)
    assert [scheduler.step(torch.tensor(1.0)), scheduler.step(torch.tensor(1.0))] == [False, True]
    assert reduced.param_groups[0]["lr"] is lr
    assert lr.item() == 0.5


@pytest.mark.parametrize("optimizer_first", [False, True])
@pytest.mark.parametrize("name", ["noisy", "NaN now and then"])
def test_a_resumed_run_is_the_uninterrupted_one_from_every_epoch(name: str, optimizer_first: bool) -> None:
    arguments = {"factor": 0.5, "patience": 2, "cooldown": 2}
    whole = curve(ReduceLROnPlateau, METRICS[name], **arguments)
    for start in range(len(whole)):
        old = optimizer()
        scheduler = ReduceLROnPlateau(old, **arguments)
        for metric in METRICS[name][:start]:
            scheduler.step(metric)
        new = optimizer()
        resumed = ReduceLROnPlateau(new, **arguments)
        state = json.loads(json.dumps(scheduler.state_dict()))
        loads = [(new, old.state_dict()), (resumed, state)]
        for target, saved in loads if optimizer_first else loads[::-1]:
            target.load_state_dict(saved)
        for epoch in range(start, len(whole)):
            resumed.step(METRICS[name][epoch])
            assert lrs(new) == whole[epoch]


def test_a_state_of_another_version_is_refused() -> None:
    scheduler = ReduceLROnPlateau(optimizer())
    with pytest.raises(ValueError, match="version"):
        scheduler.load_state_dict({**scheduler.state_dict(), "version": 99})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, "factor"),
        ({"factor": 0.0}, "factor"),
        ({"patience": -1}, "patience"),
        ({"mode": "auto"}, "mode"),
        ({"threshold_mode": "both"}, "threshold_mode"),
        ({"cooldown": -1}, "cooldown"),
        ({"min_lr": -0.1}, "min_lr must be finite and not negative, but got -0.1"),
        ({"min_lr": [0.1, 0.1]}, "min_lr must have one value for each of the 1 param groups, but got 2"),
        ({"eps": float("nan")}, "eps must be finite and not negative, but got nan"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReduceLROnPlateau(optimizer(), **arguments)
