"""Cycles whose height is data: torch's scale_fn as factors or as a schedule."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from lrcore import Constant, Cosine, Cyclic, CyclicMomentum, Scaled, Schedule, Tabulated, parse_schedule

STEPS = 450
UP, DOWN = 13, 29
Schedules = type[Cyclic] | type[CyclicMomentum]


def by_cycle(cycle: float) -> float:
    return 0.5 * (1 + math.sin(cycle * math.pi / 2))


def by_iteration(step: float) -> float:
    return 0.995**step


def torch_values(scale_fn: Any, scale_mode: str, key: str) -> list[float]:
    """The values that torch's CyclicLR writes to a group under `key`."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.9)
    arguments = {"scale_fn": scale_fn, "scale_mode": scale_mode, "base_momentum": 0.8, "max_momentum": 0.95}
    scheduler = lr_scheduler.CyclicLR(optimizer, 1e-3, 0.1, UP, DOWN, **arguments)
    values = []
    for _ in range(STEPS):
        values.append(optimizer.param_groups[0][key])
        optimizer.step()
        scheduler.step()
    return values


@pytest.mark.parametrize(
    ("schedule_class", "low", "high", "key"), [(Cyclic, 1e-3, 0.1, "lr"), (CyclicMomentum, 0.8, 0.95, "momentum")]
)
def test_scale_item_c_equals_torch_scale_fn_of_cycle_c_plus_1(
    schedule_class: Schedules, low: float, high: float, key: str
) -> None:
    factors = [by_cycle(cycle + 1) for cycle in range(STEPS // (UP + DOWN) + 1)]
    ours = schedule_class(low, high, UP, DOWN, scale=factors).values(0, STEPS)
    np.testing.assert_allclose(ours, torch_values(by_cycle, "cycle", key), rtol=1e-12)


@pytest.mark.parametrize(
    ("schedule_class", "low", "high", "key"), [(Cyclic, 1e-3, 0.1, "lr"), (CyclicMomentum, 0.8, 0.95, "momentum")]
)
def test_iterations_count_from_the_first_step_as_in_torch(
    schedule_class: Schedules, low: float, high: float, key: str
) -> None:
    factors = [by_iteration(step) for step in range(STEPS)]
    ours = schedule_class(low, high, UP, DOWN, scale=factors, scale_mode="iterations").values(0, STEPS)
    np.testing.assert_allclose(ours, torch_values(by_iteration, "iterations", key), rtol=1e-12)


def test_the_last_factor_is_held() -> None:
    expected = [1.0, 3.0, 1.0, 2.0, 1.0, 2.0]
    assert Cyclic(1.0, 3.0, 1, scale=[1.0, 0.5]).values(0, 6).tolist() == expected


def test_a_schedule_is_asked_for_the_cycle_or_the_step() -> None:
    half_wave = Cosine(1.0, 4)
    tips = Cyclic(1.0, 3.0, 1, scale=half_wave).values(0, 12)[1::2]
    np.testing.assert_allclose(tips, [1.0 + 2.0 * half_wave(cycle) for cycle in range(6)], rtol=1e-15)
    tips = Cyclic(1.0, 3.0, 1, scale=half_wave, scale_mode="iterations").values(0, 12)[1::2]
    np.testing.assert_allclose(tips, [1.0 + 2.0 * half_wave(step) for step in range(1, 12, 2)], rtol=1e-15)


def test_a_height_above_1_counts_as_1() -> None:
    assert Cyclic(1.0, 3.0, 1, scale=Constant(7.0)).values(0, 4).tolist() == [1.0, 3.0, 1.0, 3.0]


def test_factors_are_a_table() -> None:
    schedule = Cyclic(1.0, 3.0, 1, scale=np.array([1.0, 0.5]))
    assert schedule.scale == Tabulated([1.0, 0.5])
    assert schedule == Cyclic(1.0, 3.0, 1, scale=Tabulated((1, 0.5)))
    assert Schedule.from_dict(schedule.to_dict()) == schedule
    assert parse_schedule("cyclic(1, 3, 1, scale=(1, .5))") == schedule
    assert parse_schedule("cyclic(1, 3, 1, scale=cosine(1, 4))") == Cyclic(1.0, 3.0, 1, scale=Cosine(1.0, 4))


@pytest.mark.parametrize("step", [0, UP, UP + DOWN, 2**53 + 1, 2**63 - 1])
@pytest.mark.parametrize("scale_mode", ["cycle", "iterations"])
def test_a_call_is_bit_for_bit_the_value(step: int, scale_mode: str) -> None:
    schedule = Cyclic(1e-3, 0.1, UP, DOWN, scale=Cosine(1.0, 400), scale_mode=scale_mode)
    start = max(0, step - 5)
    assert schedule.values(start, step).tolist() == [schedule(t) for t in range(start, step)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scale": [1.0, 1.5]}, "scale[1] must be in [0, 1], but got 1.5"),
        ({"scale": [-0.1]}, "scale[0] must be in [0, 1], but got -0.1"),
        ({"scale": [math.nan]}, "scale[0] must be in [0, 1], but got nan"),
        ({"scale": []}, "len(lrs) must be at least 1, but got 0"),
        ({"scale": [1.0], "mode": "triangular2"}, "mode must be 'triangular' with a scale, but got 'triangular2'"),
        ({"scale_mode": "cycles"}, "scale_mode must be 'cycle' or 'iterations', but got 'cycles'"),
    ],
)
def test_value_out_of_range_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Cyclic(0.1, 0.2, **arguments)


MOMENTUM = CyclicMomentum(0.8, 0.9, 5)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scale": 0.5}, "scale must be a sequence, but got 0.5"),
        ({"scale": ["1"]}, "scale[0] must be a number, but got '1'"),
        ({"scale": MOMENTUM}, f"scale must be a learning-rate schedule, but got {MOMENTUM!r}"),
        ({"scale_mode": 1}, "scale_mode must be a string, but got 1"),
    ],
)
def test_wrong_type_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        Cyclic(0.1, 0.2, **arguments)


def test_a_scale_counts_as_a_level_of_nesting() -> None:
    schedule: Schedule = Constant(1.0)
    for _ in range(99):
        schedule = Scaled(schedule, 1.0)
    with pytest.raises(ValueError, match="must be nested at most 100 deep, but got 101"):
        Scaled(Cyclic(0.1, 0.2, scale=schedule), 1.0)
