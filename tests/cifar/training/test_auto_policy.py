"""Schedules that a range test decides."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from lrcore import Constant, Cyclic, OneCycle, RangeTestResult, StopReason
from lrcore.cifar.training.length_check import run_length_warning
from lrcore.cifar.training.policies import Auto, policy_from_dict

LRS = np.geomspace(1e-5, 1.0, 101)
FALLING = 2.3 - 1 / (1 + (1e-3 / LRS) ** 2)  # falls by 1 around 1e-3: a tenth of that up to 1e-3 / 3, nine up to 3e-3
FLAT = np.full(101, 2.3)


def result(losses: np.ndarray) -> RangeTestResult:
    return RangeTestResult(LRS, losses, losses, StopReason.finished)


def test_one_cycle_spans_the_bounds_over_the_whole_run() -> None:
    schedule = Auto().schedule(result(FALLING), updates=1000, epochs=10)
    assert isinstance(schedule, OneCycle)
    assert schedule(0) == pytest.approx(1e-3 / 3, rel=0.1)
    assert max(schedule.values(0, 1000)) == pytest.approx(3e-3, rel=0.1)
    assert schedule(999) < 1e-6
    assert run_length_warning(schedule, 1000) is None


@pytest.mark.parametrize(("updates", "epochs", "cycle"), [(1000, 10, 200), (450, 1, 450), (903, 3, 903), (2, 2, 2)])
def test_cyclic_runs_in_whole_cycles_of_about_two_epochs(updates: int, epochs: int, cycle: int) -> None:
    schedule = Auto("cyclic").schedule(result(FALLING), updates, epochs)
    assert isinstance(schedule, Cyclic)
    assert schedule.step_size_up + schedule.step_size_down == cycle
    assert (schedule.base_lr, schedule.max_lr) == result(FALLING).bounds()[:2]
    assert run_length_warning(schedule, updates) is None


def test_constant_takes_the_static_learning_rate() -> None:
    found = result(FALLING).suggestion().lr
    assert found is not None
    assert Auto("constant").schedule(result(FALLING), 1000, 10) == Constant(found)


@pytest.mark.parametrize("shape", ["one_cycle", "cyclic", "constant"])
def test_a_curve_that_gives_nothing_is_told_with_its_reason(shape: str) -> None:
    reason = result(FLAT).suggestion().reason
    assert reason is not None
    with pytest.raises(ValueError, match=re.escape(reason)):
        Auto(shape).schedule(result(FLAT), 1000, 10)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^shape must be one of one_cycle, cyclic, constant, but got 'square'$"):
        Auto("square")


def test_it_goes_through_json() -> None:
    assert policy_from_dict(json.loads(json.dumps(Auto("cyclic").to_dict()))) == Auto("cyclic")
