"""The plateau rule, against torch.optim.lr_scheduler.ReduceLROnPlateau where that one is right."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lrcore import Plateau

NAN, INF = float("nan"), float("inf")


def reductions(metrics: list[float], **arguments: Any) -> list[int]:
    """The updates (from 0) at which the lr is to be reduced."""
    plateau = Plateau(**arguments)
    return [index for index, metric in enumerate(metrics) if plateau.update(metric, lr=1.0)]


def torch_reductions(metrics: list[float], **arguments: Any) -> list[int]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.999, eps=0.0, **arguments)
    reduced = []
    for index, metric in enumerate(metrics):
        before = optimizer.param_groups[0]["lr"]
        scheduler.step(metric)
        if optimizer.param_groups[0]["lr"] < before:
            reduced.append(index)
    return reduced


rng = np.random.default_rng(0)
SEQUENCES = {
    "flat": np.full(200, 1.0),
    "falling": 2.0 * 0.99 ** np.arange(200),
    "falling slowly": 2.0 * 0.99995 ** np.arange(200),
    "rising": np.linspace(0.1, 5.0, 200),
    "noisy": rng.uniform(0.5, 1.5, 200),
    "noisy fall": 2.0 * 0.98 ** np.arange(200) + rng.uniform(0.0, 0.2, 200),
    "steps": np.repeat(rng.uniform(0.1, 2.0, 20), 10),
    "NaN between": np.where(rng.random(200) < 0.3, NAN, rng.uniform(0.5, 1.5, 200)),
}


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(("patience", "cooldown"), [(0, 0), (2, 0), (2, 3), (10, 1), (0, 2)])
def test_reduces_when_torch_reduces(name: str, mode: str, threshold_mode: str, patience: int, cooldown: int) -> None:
    metrics = np.nan_to_num(SEQUENCES[name][:1], nan=1.0).tolist() + SEQUENCES[name][1:].tolist()
    arguments = {"mode": mode, "threshold_mode": threshold_mode, "patience": patience, "cooldown": cooldown}
    assert reductions(metrics, **arguments) == torch_reductions(metrics, **arguments)


def test_default_arguments_are_those_of_torch() -> None:
    metrics = SEQUENCES["noisy fall"].tolist()
    assert reductions(metrics) == torch_reductions(metrics)
    assert repr(Plateau()) == (
        "Plateau(mode='min', factor=0.1, patience=10, threshold=0.0001, threshold_mode='rel', cooldown=0, "
        "compat='torch', nan='bad')"
    )


@pytest.mark.parametrize(
    ("cooldown", "expected"), [(0, [3, 6, 9, 12, 15]), (1, [3, 7, 11, 15]), (2, [3, 8, 13]), (3, [3, 9, 15])]
)
def test_a_flat_metric_reduces_after_patience_and_cooldown(cooldown: int, expected: list[int]) -> None:
    assert reductions([1.0] * 17, patience=2, cooldown=cooldown) == expected


def test_a_negative_metric_that_gets_worse_reduces() -> None:
    assert reductions([-1.0, -0.9, -0.8, -0.7], patience=2, threshold=0.5) == [3]
    assert reductions([-1.0, -1.1, -1.2, -1.3], mode="max", patience=2, threshold=0.5) == [3]


def test_an_improving_negative_metric_does_not_reduce() -> None:
    assert reductions([-(1.1**i) for i in range(100)], patience=0, threshold=0.09) == []
    assert reductions([-(0.9**i) for i in range(100)], mode="max", patience=0, threshold=0.09) == []


def test_a_first_metric_that_is_nan_is_bad_and_never_the_best() -> None:
    plateau = Plateau(patience=5)
    assert not plateau.update(NAN, 1.0)
    assert (plateau.best, plateau.num_bad) == (None, 1)
    assert reductions([NAN] + [0.5**i for i in range(50)], patience=2) == []
    assert reductions([NAN] * 7, patience=2) == [2, 5]


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("metric", [INF, -INF, NAN])
def test_a_metric_that_is_not_finite_is_never_the_best(mode: str, metric: float) -> None:
    plateau = Plateau(mode)
    plateau.update(metric, 1.0)
    assert plateau.best is None
    plateau.update(1.0, 1.0)
    plateau.update(metric, 1.0)
    assert (plateau.best, plateau.num_bad) == (1.0, 1)


@pytest.mark.parametrize("metric", [INF, -INF, NAN])
def test_ignoring_leaves_counts_and_cooldown_as_they_were(metric: float) -> None:
    plateau = Plateau(patience=0, cooldown=2, nan="ignore")
    for value in (1.0, 1.0, metric, 1.0):
        plateau.update(value, 1.0)
    assert (plateau.num_bad, plateau.cooldown_left, plateau.step) == (0, 1, 4)


@pytest.mark.parametrize(("metric", "name"), [(INF, "inf"), (-INF, "-inf"), (NAN, "nan")])
def test_raising_names_the_metric_and_changes_nothing(metric: float, name: str) -> None:
    plateau = Plateau(nan="raise")
    plateau.update(1.0, 1.0)
    before = plateau.state_dict()
    with pytest.raises(ValueError, match=f"^metric must be a finite number, but got {name}$"):
        plateau.update(metric, 1.0)
    assert plateau.state_dict() == before


def test_the_counters_can_be_read() -> None:
    plateau = Plateau(patience=1, cooldown=2)
    seen = []
    for metric in (1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        plateau.update(metric, 1.0)
        seen.append((plateau.best, plateau.num_bad, plateau.cooldown_left, plateau.step))
    assert seen == [(1.0, 0, 0, 1), (1.0, 1, 0, 2), (1.0, 0, 2, 3), (1.0, 0, 1, 4), (1.0, 0, 0, 5), (1.0, 1, 0, 6)]


@pytest.mark.parametrize(("cooldown", "expected"), [(0, [2, 4, 6, 8]), (1, [2, 4, 6, 8]), (2, [2, 5, 8]), (3, [2, 6])])
def test_keras_counts_the_epoch_of_the_reduction_itself(cooldown: int, expected: list[int]) -> None:
    assert reductions([1.0] * 10, patience=2, cooldown=cooldown, compat="keras") == expected


def test_keras_takes_no_patience_for_a_patience_of_one() -> None:
    assert reductions([1.0] * 5, patience=0, compat="keras") == reductions([1.0] * 5, patience=1, compat="keras")


def test_reset_forgets_every_metric() -> None:
    plateau = Plateau(patience=0, cooldown=5)
    for metric in (1.0, 2.0):
        plateau.update(metric, 1.0)
    plateau.reset()
    assert plateau.state_dict() == Plateau().state_dict()


@pytest.mark.parametrize("split", [1, 57, 143])
def test_state_goes_through_json_and_on(split: int) -> None:
    metrics = SEQUENCES["noisy fall"].tolist()
    first, second = Plateau(patience=3, cooldown=4), Plateau(patience=3, cooldown=4)
    for metric in metrics[:split]:
        first.update(metric, 0.1)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    rest = metrics[split:]
    assert [first.update(metric, 0.1) for metric in rest] == [second.update(metric, 0.1) for metric in rest]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda plateau: pickle.loads(pickle.dumps(plateau))])
def test_a_copy_is_independent(copied: Callable[[Plateau], Plateau]) -> None:
    plateau = Plateau("max", 0.5, patience=1, compat="keras", nan="ignore")
    plateau.update(1.0, 1.0)
    copy_of_it = copied(plateau)
    plateau.reset()
    assert repr(copy_of_it) == repr(plateau)
    assert (copy_of_it.best, copy_of_it.step) == (1.0, 1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 1}, "the state's version must be 2, but got 1"),
        ({"patience": 2}, "the state has an unknown key 'patience'"),
        ({"num_bad": -1}, "num_bad must be at least 0, but got -1"),
        ({"step": -1}, "step must be at least 0, but got -1"),
        ({"best": "inf"}, "best must be a finite number, but got inf"),
    ],
)
def test_another_state_is_refused_and_changes_nothing(change: dict[str, Any], sentence: str) -> None:
    plateau = Plateau()
    plateau.update(1.0, 1.0)
    before = plateau.state_dict()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        plateau.load_state_dict({**before, **change})
    assert plateau.state_dict() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"mode": "auto"}, "mode must be 'min' or 'max', but got 'auto'"),
        ({"factor": 0}, "factor must be greater than 0 and less than 1, but got 0.0"),
        ({"factor": 1}, "factor must be greater than 0 and less than 1, but got 1.0"),
        ({"factor": NAN}, "factor must be greater than 0 and less than 1, but got nan"),
        ({"patience": -1}, "patience must be at least 0, but got -1"),
        ({"threshold": -1e-4}, "threshold must be a finite number and not negative, but got -0.0001"),
        ({"threshold_mode": "x"}, "threshold_mode must be 'rel' or 'abs', but got 'x'"),
        ({"cooldown": -1}, "cooldown must be at least 0, but got -1"),
        ({"compat": "optax"}, "compat must be 'torch' or 'keras', but got 'optax'"),
        ({"nan": "skip"}, "nan must be 'ignore', 'bad' or 'raise', but got 'skip'"),
    ],
)
def test_argument_out_of_range_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Plateau(**arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"mode": 1}, "mode must be a string, but got 1"),
        ({"patience": 2.0}, "patience must be an integer, but got 2.0"),
        ({"factor": "0.1"}, "factor must be a number, but got '0.1'"),
    ],
)
def test_wrong_type_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        Plateau(**arguments)


@pytest.mark.parametrize("state", [None, [], "a"])
def test_a_state_that_is_no_mapping_is_refused(state: Any) -> None:
    name = type(state).__name__
    with pytest.raises(ValueError, match=f"^the state of a Plateau must be a mapping, but got {name}$"):
        Plateau().load_state_dict(state)
