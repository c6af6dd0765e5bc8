"""Differences between ReduceLROnPlateau in torch and elsewhere, row by row: as in torch, or right where it is wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau as TorchReduceLROnPlateau

from lrcore.torch import ReduceLROnPlateau
from tests.support.torch_plateau import curve, reductions, sgd

FLAT = [1.0] * 17


def same_as_torch(metrics: list[float], **arguments: Any) -> list[int]:
    ours = reductions(ReduceLROnPlateau, metrics, **arguments)
    assert ours == reductions(TorchReduceLROnPlateau, metrics, **arguments)
    return ours


@pytest.mark.parametrize(
    ("threshold_mode", "bound"), [("rel", 0.3 * (1.0 - 0.1)), ("abs", 0.3 - 0.1)], ids=["rel", "abs"]
)
def test_row_better_test(threshold_mode: str, bound: float) -> None:
    """The bound itself is not better, the float64 below it is."""
    arguments = {"threshold": 0.1, "threshold_mode": threshold_mode, "patience": 0}
    assert same_as_torch([0.3, bound], **arguments) == [1]
    assert same_as_torch([0.3, math.nextafter(bound, 0)], **arguments) == []


@pytest.mark.parametrize("patience", [0, 1, 2, 5])
def test_row_patience(patience: int) -> None:
    assert same_as_torch(FLAT[: patience + 2], patience=patience) == [patience + 1]


def test_row_flat_metric() -> None:
    assert same_as_torch(FLAT, patience=2) == [3, 6, 9, 12, 15]


@pytest.mark.parametrize(
    ("cooldown", "expected"), [(0, [3, 6, 9, 12, 15]), (1, [3, 7, 11, 15]), (2, [3, 8, 13]), (3, [3, 9, 15])]
)
def test_row_cooldown(cooldown: int, expected: list[int]) -> None:
    assert same_as_torch(FLAT, patience=2, cooldown=cooldown) == expected


def test_row_improvement_during_cooldown() -> None:
    assert same_as_torch([1.0, 1.0, 0.5, 0.6, 0.6], patience=0, cooldown=2) == [1, 4]
    assert same_as_torch([1.0, 1.0, 0.5, 0.6, 0.4], patience=0, cooldown=2) == [1]


def test_row_small_scale_loss() -> None:
    assert same_as_torch([1e-5 * 0.9**epoch for epoch in range(30)], patience=2) == []


@pytest.mark.parametrize("mode", ["min", "max"])
def test_row_negative_metric_slowly_worsening(mode: str) -> None:
    """torch asks for less than best * (1 - threshold), which for a negative best is worse than the best."""
    worse = 1e-6 if mode == "min" else -1e-6
    worsening = [-1.0 + worse * epoch for epoch in range(10)]
    assert reductions(ReduceLROnPlateau, worsening, patience=2, mode=mode) == [3, 6, 9]
    assert reductions(TorchReduceLROnPlateau, worsening, patience=2, mode=mode) == []


def test_row_first_metric_nan() -> None:
    assert same_as_torch([math.nan, *(2.0**-epoch for epoch in range(30))], patience=1) == []
    assert same_as_torch([math.nan] * 5, patience=1) == [1, 3]


@pytest.mark.parametrize(("mode", "metric"), [("min", -math.inf), ("max", math.inf)])
def test_row_infinite_metric(mode: str, metric: float) -> None:
    """torch takes it for the best, which nothing ever beats."""
    better = -1.0 if mode == "min" else 1.0
    metrics = [better, metric, *(better * epoch for epoch in range(2, 8))]
    assert reductions(ReduceLROnPlateau, metrics, patience=1, mode=mode) == []
    assert reductions(TorchReduceLROnPlateau, metrics, patience=1, mode=mode) == [3, 5, 7]


def test_row_eps_no_lr_is_too_small_to_be_reduced() -> None:
    """torch's default of 1e-8 leaves an lr of 1.1e-8 for good."""
    assert curve(ReduceLROnPlateau, FLAT[:2], 1.1e-8, patience=0)[-1] == [1.1e-8 * 0.1]
    assert curve(TorchReduceLROnPlateau, FLAT, 1.1e-8, patience=0)[-1] == [1.1e-8]
    assert curve(ReduceLROnPlateau, FLAT, 1.1e-8, patience=0, eps=1e-8)[-1] == [1.1e-8]


def test_row_eps_may_be_one_per_group() -> None:
    assert curve(ReduceLROnPlateau, FLAT[:2], 1.0, 1.0, patience=0, factor=0.5, eps=[0.1, 0.5])[-1] == [0.5, 1.0]


def test_an_integer_lr_is_reduced_to_a_fraction() -> None:
    assert curve(ReduceLROnPlateau, FLAT[:3], 1, patience=0, factor=0.5) == [[1], [0.5], [0.25]]


def test_row_min_lr_is_one_per_group() -> None:
    arguments = {"patience": 0, "factor": 0.5, "min_lr": [0.2, 0.01]}
    ours = curve(ReduceLROnPlateau, FLAT, 1.0, 0.1, **arguments)
    assert ours == curve(TorchReduceLROnPlateau, FLAT, 1.0, 0.1, **arguments)
    assert ours[-1] == [0.2, 0.01]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_row_mode(mode: str) -> None:
    rising = [1.0 + epoch for epoch in range(8)]
    assert same_as_torch(rising, mode=mode, patience=2) == ([3, 6] if mode == "min" else [])


@pytest.mark.parametrize("metric", [1, 1.0, torch.tensor(1.0), torch.ones((1,), dtype=torch.float64)])
def test_row_called_with_a_metric_and_perhaps_an_epoch(metric: Any) -> None:
    scheduler = ReduceLROnPlateau(sgd(), patience=0)
    assert scheduler.step(metric) is None
    assert scheduler.step(metric, 1) is not None


def test_row_called_by_trainers_that_look_for_the_class_of_torch() -> None:
    scheduler = ReduceLROnPlateau(sgd())
    assert isinstance(scheduler, TorchReduceLROnPlateau)
    assert isinstance(scheduler, LRScheduler)


def test_row_reset() -> None:
    scheduler = ReduceLROnPlateau(sgd(), patience=1)
    for metric in [1.0, 1.0]:
        scheduler.step(metric)
    scheduler.reset()
    assert [bool(scheduler.step(1.0)) for _ in range(3)] == [False, False, True]


def test_row_reports_each_reduction_and_its_cause() -> None:
    scheduler = ReduceLROnPlateau(sgd(1.0, 0.25), factor=0.5, patience=0, min_lr=0.25)
    events = [scheduler.step(metric) for metric in [1.0, 0.5, 0.75, 0.75, 0.75]]
    assert [bool(event) for event in events] == [False, False, True, True, False]
    assert scheduler.events == [event for event in events if event]
    first, second = scheduler.events
    assert (first.step, first.metric, first.best) == (2, 0.75, 0.5)
    assert (first.old_lrs, first.new_lrs) == ((1.0, 0.25), (0.5, 0.25))
    assert first.why == "the metric 0.75 was not better than the best 0.5 by the threshold 0.0001 (rel)"
    assert (second.old_lrs, second.new_lrs) == ((0.5, 0.25), (0.25, 0.25))


def test_row_at_min_lr_reports_nothing_and_restarts_the_count() -> None:
    """As torch, whose lr, raised by hand, falls only after `patience` further metrics; Keras' falls at once."""
    lrs = {}
    for compat in ("torch", "keras"):
        optimizer = sgd(0.1)
        scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=2, min_lr=0.1, compat=compat)
        assert not any(scheduler.step(1.0) for _ in range(8))
        optimizer.param_groups[0]["lr"] = 1.0
        scheduler.step(1.0)
        lrs[compat] = optimizer.param_groups[0]["lr"]
    assert lrs == {"torch": 1.0, "keras": 0.5}
