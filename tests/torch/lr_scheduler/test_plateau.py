from __future__ import annotations

import copy
import json
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau as TorchReduceLROnPlateau

from lrcore import Constant
from lrcore.torch import ReduceLROnPlateau, Scheduler
from tests.support.torch_plateau import curve, lrs, sgd

RNG = np.random.default_rng(0)
METRICS = {
    "flat": [1.0] * 40,
    "falling then flat": [1.0 / (epoch + 1) for epoch in range(12)] + [0.1] * 28,
    "rising": [1.0 + 0.1 * epoch for epoch in range(40)],
    "noisy": (np.exp(-np.arange(60) / 20) + RNG.normal(0, 0.05, 60) + 0.2).tolist(),
    "NaN now and then": [math.nan if epoch % 3 == 1 else 1.0 / (1 + epoch // 6) for epoch in range(60)],
    "NaN first, then halving": [math.nan, *(2.0**-epoch for epoch in range(30))],
}


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


def test_a_learning_rate_below_min_lr_is_not_raised() -> None:
    assert curve(ReduceLROnPlateau, [1.0] * 5, 0.01, patience=0, min_lr=0.1)[-1] == [0.01]


@pytest.mark.parametrize("min_lr", [0.3, [0.3]])
def test_a_group_added_later_has_the_first_min_lr(min_lr: float | list[float]) -> None:
    grown = sgd(1.0)
    scheduler = ReduceLROnPlateau(grown, factor=0.5, patience=0, min_lr=min_lr)
    grown.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 0.4})
    scheduler.step(1.0)
    scheduler.step(1.0)
    assert lrs(grown) == [0.5, 0.3]


def test_construction_leaves_the_optimizer_as_it_is() -> None:
    before, after = sgd(), sgd()
    ReduceLROnPlateau(after)
    assert vars(after).keys() == vars(before).keys()
    assert after.param_groups[0].keys() == before.param_groups[0].keys()


def test_a_tensor_lr_is_filled_in_place() -> None:
    lr = torch.tensor(1.0)
    reduced = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = ReduceLROnPlateau(reduced, factor=0.5, patience=0)
    assert [bool(scheduler.step(torch.tensor(1.0))) for _ in range(2)] == [False, True]
    assert reduced.param_groups[0]["lr"] is lr
    assert lr.item() == 0.5


@pytest.mark.parametrize("optimizer_first", [False, True])
@pytest.mark.parametrize("name", ["noisy", "NaN now and then"])
def test_a_resumed_run_is_the_uninterrupted_one_from_every_epoch(name: str, optimizer_first: bool) -> None:
    arguments = {"factor": 0.5, "patience": 2, "cooldown": 2}
    whole = curve(ReduceLROnPlateau, METRICS[name], **arguments)
    for start in range(len(whole)):
        old = sgd()
        scheduler = ReduceLROnPlateau(old, **arguments)
        for metric in METRICS[name][:start]:
            scheduler.step(metric)
        new = sgd()
        resumed = ReduceLROnPlateau(new, **arguments)
        state = json.loads(json.dumps(scheduler.state_dict()))
        loads = [(new, old.state_dict()), (resumed, state)]
        for target, saved in loads if optimizer_first else loads[::-1]:
            target.load_state_dict(saved)
        for epoch in range(start, len(whole)):
            resumed.step(METRICS[name][epoch])
            assert lrs(new) == whole[epoch]


def test_a_fixed_float32_lr_at_its_bound_is_not_said_to_fall() -> None:
    """0.1 in float32 is above 0.1: without rounding the bound too, every metric would seem to reduce it."""
    lr = torch.tensor(0.2)
    scheduler = ReduceLROnPlateau(torch.optim.SGD([torch.zeros(1)], lr=lr), factor=0.25, patience=0, min_lr=0.1)
    assert [bool(scheduler.step(1.0)) for _ in range(5)] == [False, True, False, False, False]
    assert lr == torch.tensor(0.1)


@pytest.mark.parametrize("name", METRICS)
def test_a_torch_run_resumes_from_its_state(name: str) -> None:
    arguments = {"factor": 0.5, "patience": 2, "cooldown": 2}
    whole = curve(TorchReduceLROnPlateau, METRICS[name], **arguments, eps=0)
    for start in range(0, len(whole), 3):
        optimizer = sgd()
        peer, ours = (make(optimizer, **arguments) for make in (TorchReduceLROnPlateau, ReduceLROnPlateau))
        for metric in METRICS[name][:start]:
            peer.step(metric)
        ours.load_state_dict(peer.state_dict())
        assert ours.last_epoch == peer.last_epoch
        for epoch in range(start, len(whole)):
            ours.step(METRICS[name][epoch])
            assert lrs(optimizer) == whole[epoch]


def test_the_state_is_loadable_as_weights_only(tmp_path: Path) -> None:
    scheduler = ReduceLROnPlateau(sgd())
    scheduler.step(1.0)
    torch.save(scheduler.state_dict(), tmp_path / "state.pt")
    assert torch.load(tmp_path / "state.pt", weights_only=True) == scheduler.state_dict()


def test_the_optimizer_is_freed_without_the_garbage_collector() -> None:
    optimizer = sgd()
    scheduler = ReduceLROnPlateau(optimizer, patience=0, base=Scheduler(optimizer, Constant(0.1)))
    scheduler.step(1.0), scheduler.step(1.0)
    freed = weakref.ref(optimizer)
    del optimizer, scheduler
    assert freed() is None


def test_a_deep_copy_has_its_own_optimizer() -> None:
    scheduler = ReduceLROnPlateau(sgd(), factor=0.5, patience=1)
    scheduler.step(1.0)
    copied = copy.deepcopy(scheduler)
    assert [bool(copied.step(1.0)) for _ in range(2)] == [False, True]
    assert (copied.get_last_lr(), scheduler.get_last_lr(), scheduler.num_bad_epochs) == ([0.5], [1.0], 0)


def test_a_state_of_torch_without_one_of_its_fields_is_refused() -> None:
    scheduler = ReduceLROnPlateau(sgd())
    with pytest.raises(ValueError, match="the state of torch's ReduceLROnPlateau lacks the field 'best'"):
        scheduler.load_state_dict({"num_bad_epochs": 0})


def test_torchs_public_attributes_exist() -> None:
    ours, peer = (make(sgd(), patience=1, cooldown=2) for make in (ReduceLROnPlateau, TorchReduceLROnPlateau))
    names = ("best", "num_bad_epochs", "cooldown_counter", "in_cooldown", "last_epoch")
    for metric in [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0]:
        ours.step(metric), peer.step(metric)
        assert [getattr(ours, name) for name in names] == [getattr(peer, name) for name in names]


def test_a_state_of_another_version_is_refused() -> None:
    scheduler = ReduceLROnPlateau(sgd())
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
        ({"eps": [0.1, 0.1]}, "eps must have one value for each of the 1 param groups, but got 2"),
        ({"compat": "optax"}, "compat must be 'torch' or 'keras', but got 'optax'"),
        ({"nan": "skip"}, "nan must be 'ignore', 'bad' or 'raise', but got 'skip'"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReduceLROnPlateau(sgd(), **arguments)


@pytest.mark.parametrize("name", ["min_lr", "eps"])
def test_a_list_for_too_many_groups_is_named(name: str) -> None:
    optimizer = sgd(1.0, 0.5)
    scheduler = ReduceLROnPlateau(optimizer, patience=0, **{name: [0.05, 1e-5]})
    scheduler.step(1.0)
    state = scheduler.state_dict()
    del optimizer.param_groups[0]
    message = rf"^{name} must have at most one value for each of the 1 groups, but got \[0\.05, 1e-05\]$"
    with pytest.raises(ValueError, match=message):
        scheduler.step(1.0)
    assert (scheduler.state_dict(), lrs(optimizer)) == (state, [0.5])
