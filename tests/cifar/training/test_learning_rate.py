"""Learning rate of a run under plateaus and rollbacks."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import torch

from lrcore import Constant, Cyclic
from lrcore.cifar.training.policies import OnPlateau, policy_from_dict
from lrcore.cifar.training.run import LearningRate

LOSSES = [2.0, 1.5, 1.5, 1.49999, 1.6, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, float("nan"), 1.4]


def lrs_of_torch(**arguments: Any) -> list[float]:
    lr = arguments.pop("lr")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0.0, **arguments)
    lrs = []
    for loss in LOSSES:
        optimizer.step()
        peer.step(loss)
        lrs.append(optimizer.param_groups[0]["lr"])
    return lrs


@pytest.mark.parametrize(
    "arguments",
    [
        {"lr": 0.1, "patience": 0},
        {"lr": 0.1, "factor": 0.3, "patience": 1},
        {"lr": 0.1, "factor": 0.5, "patience": 1, "cooldown": 2, "min_lr": 0.02},
    ],
)
def test_a_plateau_gives_the_learning_rates_of_torch(arguments: dict[str, Any]) -> None:
    learning_rate = LearningRate(OnPlateau(**arguments))
    lrs = []
    for loss in LOSSES:
        learning_rate.on_epoch_end(loss)
        lrs.append(learning_rate.schedule(123))
    assert lrs == lrs_of_torch(**arguments)


def test_a_reduction_is_told_only_where_the_learning_rate_fell() -> None:
    learning_rate = LearningRate(OnPlateau(0.1, factor=0.5, patience=0, min_lr=0.05))
    assert [bool(learning_rate.on_epoch_end(1.0)) for _ in range(4)] == [False, True, False, False]


def test_a_schedule_does_not_listen_to_the_loss() -> None:
    cycle = Cyclic(0.1, 0.2, 4)
    learning_rate = LearningRate(cycle)
    assert not any(learning_rate.on_epoch_end(1.0) for _ in range(50))
    assert learning_rate.schedule == cycle


def test_halving_halves_every_learning_rate_exactly() -> None:
    cycle = Cyclic(0.1, 0.3, 7, mode="exp_range", gamma=0.99)
    learning_rate = LearningRate(cycle)
    learning_rate.halve()
    learning_rate.halve()
    np.testing.assert_array_equal(learning_rate.schedule.values(0, 50), cycle.values(0, 50) / 4)


def test_it_resumes_from_its_json_state() -> None:
    policy = OnPlateau(0.1, factor=0.5, patience=1)
    whole, first, resumed = LearningRate(policy), LearningRate(policy), LearningRate(policy)
    for learning_rate in (whole, first):
        learning_rate.halve()
    for loss in LOSSES[:7]:
        whole.on_epoch_end(loss), first.on_epoch_end(loss)
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for loss in LOSSES[7:]:
        assert whole.on_epoch_end(loss) == resumed.on_epoch_end(loss)
        assert whole.schedule == resumed.schedule


@pytest.mark.parametrize("policy", [OnPlateau(0.1, 0.5, 3, 0.01, 1, 0.001), Constant(0.1)])
def test_a_policy_goes_through_json(policy: OnPlateau | Constant) -> None:
    assert policy_from_dict(json.loads(json.dumps(policy.to_dict()))) == policy


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"lr": 0.0}, "lr must be a finite number greater than 0, but got 0"),
        ({"lr": 0.1, "factor": 1.0}, "factor must be"),
        ({"lr": 0.1, "patience": -1}, "patience must"),
        ({"lr": 0.1, "min_lr": 0.2}, "min_lr must be at least 0 and at most lr=0.1, but got 0.2"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        OnPlateau(**arguments)
