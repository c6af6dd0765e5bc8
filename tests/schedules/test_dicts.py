"""Schedules as plain JSON types."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest

from lrcore import Constant, Cyclic, PiecewiseConstant, Product, Scaled, Schedule
from lrcore.schedules._registry import SCHEDULES
from tests.support.schedule_examples import EXAMPLES

NAMES = ", ".join(known.name for known in SCHEDULES)


@pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.name)
def test_json_round_trip_gives_an_equal_schedule(schedule: Schedule) -> None:
    content = json.loads(json.dumps(schedule.to_dict()))
    assert content == schedule.to_dict()
    assert Schedule.from_dict(content) == schedule
    assert type(schedule).from_dict(content) == schedule


def test_to_dict_holds_name_version_and_every_field() -> None:
    assert PiecewiseConstant([3], [0.1, 0.2]).to_dict() == {
        "schedule": "piecewise_constant",
        "version": 1,
        "boundaries": [3],
        "lrs": [0.1, 0.2],
    }
    assert Cyclic(0.1, 0.2, 7).to_dict() == {
        "schedule": "cyclic",
        "version": 1,
        "base_lr": 0.1,
        "max_lr": 0.2,
        "step_size_up": 7,
        "step_size_down": 7,
        "mode": "triangular",
        "gamma": 1.0,
        "scale": None,
        "scale_mode": "cycle",
    }


def test_to_dict_of_a_schedule_in_another_is_a_dict_in_a_dict() -> None:
    assert Scaled(Constant(0.1), 0.5).to_dict() == {
        "schedule": "scaled",
        "version": 1,
        "base": {"schedule": "constant", "version": 1, "lr": 0.1},
        "factor": 0.5,
    }


def test_from_dict_checks_the_schedule_in_another() -> None:
    content = Scaled(Constant(0.1), 0.5).to_dict()
    with pytest.raises(ValueError, match=r"^the version of schedule 'constant' must be 1, but got 2$"):
        Schedule.from_dict(content | {"base": {"schedule": "constant", "version": 2, "lr": 0.1}})
    with pytest.raises(TypeError, match=r"^base must be a learning-rate schedule, but got 0\.1$"):
        Schedule.from_dict(content | {"base": 0.1})


def test_a_base_may_be_nested_100_deep() -> None:
    schedule: Schedule = Constant(0.5)
    for _ in range(100):
        schedule = Scaled(schedule, 1.0)
    assert schedule(0) == 0.5
    assert Schedule.from_dict(schedule.to_dict()) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    with pytest.raises(ValueError, match=r"^schedule must be nested at most 100 deep, but got 101$"):
        Scaled(schedule, 1.0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, f"unknown schedule None: choose one of {NAMES}"),
        ({"schedule": "sigmoid", "version": 1}, f"unknown schedule 'sigmoid': choose one of {NAMES}"),
        ({"schedule": ["constant"], "version": 1}, f"unknown schedule ['constant']: choose one of {NAMES}"),
        ({"schedule": "constant", "lr": 1}, "the version of schedule 'constant' must be 1, but got None"),
        ({"schedule": "constant", "version": 2, "lr": 1}, "the version of schedule 'constant' must be 1, but got 2"),
        ({"schedule": "constant", "version": 1}, "schedule 'constant' lacks the field 'lr'"),
        ({"schedule": "constant", "version": 1, "lr": 1, "x": 1}, "schedule 'constant' has no field 'x'"),
        ({"schedule": "constant", "version": 1, "lr": 0}, "lr must be a finite number greater than 0, but got 0.0"),
    ],
)
def test_from_dict_refuses_unknown_names(content: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Schedule.from_dict(content)


@pytest.mark.parametrize("kind", ["deep", "in itself", "in its own list"])
def test_from_dict_refuses_any_depth_in_one_sentence(kind: str) -> None:
    content: dict[str, Any] = {"schedule": "scaled", "version": 1, "factor": 0.5}
    if kind == "deep":
        for _ in range(3000):
            content = {**content, "base": content}
    elif kind == "in itself":
        content["base"] = content
    else:
        content = {"schedule": "product", "version": 1, "schedules": []}
        content["schedules"] = [content["schedules"], content]
        content["schedules"][0].append(content["schedules"])
    with pytest.raises(ValueError, match=r"^a schedule must be nested at most 100 deep$"):
        Schedule.from_dict(content)


def test_the_deepest_schedule_comes_back_from_its_dict() -> None:
    schedule: Schedule = PiecewiseConstant([1], [0.5, 0.25])
    for _ in range(99):
        schedule = Product([schedule])
    assert Schedule.from_dict(schedule.to_dict()) == schedule


def test_from_dict_of_one_schedule_refuses_another() -> None:
    with pytest.raises(ValueError, match=r"^unknown schedule 'constant': choose one of cyclic$"):
        Cyclic.from_dict(Constant(0.1).to_dict())


def test_from_dict_refuses_a_non_mapping() -> None:
    with pytest.raises(TypeError, match=r"^a schedule must be read from a mapping, but got \[\]$"):
        Schedule.from_dict([])  # type: ignore[arg-type]
