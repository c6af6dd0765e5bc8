from __future__ import annotations

import pickle
import re
from typing import Any

import mpmath
import numpy as np
import pytest

import lrcore._core as _core

LAST_STEP = 2**63 - 1

SCHEDULES: dict[str, dict[str, Any]] = {
    "Constant": {"lr": 0.1},
    "PiecewiseConstant": {"boundaries": [3, 7], "lrs": [0.1, 0.01, 0.001]},
    "PiecewiseLinear": {"milestones": [0, 3, 7], "lrs": [0.0, 0.1, 0.01]},
    "PiecewiseCosine": {"milestones": [0, 3, 7], "lrs": [0.0, 0.1, 0.01]},
    "Tabulated": {"lrs": [0.1, 0.0, 0.2]},
    "Step": {"base_lr": 0.1, "step_size": 7, "gamma": 0.5},
    "MultiStep": {"base_lr": 0.1, "milestones": [3, 7, 7], "gamma": 0.5},
    "InverseTime": {"base_lr": 0.1, "decay_rate": 0.5, "decay_steps": 4, "staircase": True},
    "Linear": {"start_lr": 0.0, "end_lr": 10.0, "total_steps": 100},
    "Polynomial": {"base_lr": 0.1, "decay_steps": 7, "end_lr": 0.01, "power": 2.0, "cycle": True, "k": 1.5},
    "Exponential": {"start_lr": 1e-5, "end_lr": 10.0, "total_steps": 100},
    "ExponentialDecay": {
        "base_lr": 0.1,
        "decay_rate": 0.9,
        "decay_steps": 3,
        "staircase": False,
        "end_lr": 0.01,
    },
    "Cosine": {"base_lr": 0.1, "decay_steps": 50, "min_lr": 0.001, "exponent": 1.5, "k": 0.5, "end": "mirror"},
    "CosineRestarts": {
        "base_lr": 0.1,
        "first_period": 10,
        "period_mult": 1.5,
        "peak_decay": 0.9,
        "min_lr": 0.001,
        "cycles": 4,
        "decays": "peak",
    },
    "Tanh": {"base_lr": 0.1, "decay_steps": 50, "lower": -6.0, "upper": 2.0, "min_lr": 0.001},
    "InverseSqrt": {"base_lr": 0.1, "timescale": 30, "warmup_steps": 10},
    "Noam": {"model_size": 512, "warmup_steps": 20, "factor": 2.0},
    "WarmupStableDecay": {
        "base_lr": 0.1,
        "warmup_steps": 10,
        "stable_steps": 20,
        "decay_steps": 30,
        "min_lr": 0.001,
        "decay": "exponential",
        "decay_power": 2.0,
        "decay_ratio": 0.2,
        "warmup_start_lr": 0.01,
    },
    "Cyclic": {
        "base_lr": 0.001,
        "max_lr": 0.01,
        "step_size_up": 10,
        "step_size_down": 30,
        "mode": "exp_range",
        "gamma": 0.99,
        "scale": None,
        "scale_mode": "cycle",
    },
    "OneCycle": {
        "max_lr": 0.1,
        "total_steps": 90,
        "pct_start": 0.3,
        "anneal_strategy": "cos",
        "div_factor": 25.0,
        "final_div_factor": 1e4,
        "three_phase": True,
    },
    "Scaled": {"base": _core.Scaled(_core.PiecewiseConstant([3, 7], [0.1, 0.01, 0.001]), 0.3), "factor": 7.0},
    "ScheduleSequence": {
        "schedules": [_core.Constant(0.1), _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold")],
        "milestones": [7],
    },
    "Product": {"schedules": [_core.Constant(0.5), _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold")]},
    "Warmup": {
        "base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"),
        "steps": 9,
        "shape": "cosine",
        "first": "1/W",
        "start_lr": 0.01,
        "prefix": False,
    },
    "Cooldown": {
        "base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"),
        "begin": 9,
        "steps": 20,
        "end_lr": 0.01,
        "shape": "1-sqrt",
    },
    "Clip": {"base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"), "min_lr": 0.01, "max_lr": None},
    "Delay": {"base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"), "steps": 9},
    "Offset": {"base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"), "offset": 9},
    "Repeat": {"base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"), "period": 9, "count": None, "peak_decay": 0.5},
    "Until": {"base": _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold"), "total_steps": 9, "end": "mirror"},
    "CyclicMomentum": {
        "base_momentum": 0.8,
        "max_momentum": 0.9,
        "step_size_up": 10,
        "step_size_down": 30,
        "mode": "triangular",
        "gamma": 1.0,
        "scale": _core.Tabulated([1.0, 0.5]),
        "scale_mode": "iterations",
    },
    "OneCycleMomentum": {
        "base_momentum": 0.85,
        "max_momentum": 0.95,
        "total_steps": 100,
        "pct_start": 0.3,
        "anneal_strategy": "cos",
        "three_phase": False,
    },
}


@pytest.fixture(params=SCHEDULES, name="name")
def _name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(name="schedule")
def _schedule(name: str) -> Any:
    return getattr(_core, name)(**SCHEDULES[name])


def test_positional_arguments_follow_the_attribute_order(name: str, schedule: Any) -> None:
    assert getattr(_core, name)(*SCHEDULES[name].values()) == schedule


def test_arguments_are_read_only_attributes(name: str, schedule: Any) -> None:
    for attribute, value in SCHEDULES[name].items():
        assert getattr(schedule, attribute) == value
        with pytest.raises(AttributeError):
            setattr(schedule, attribute, value)


def test_changing_a_returned_list_leaves_the_schedule_unchanged() -> None:
    schedule = _core.PiecewiseConstant([3], [0.1, 0.01])
    schedule.lrs.append(7.0)
    assert schedule.lrs == [0.1, 0.01]


@pytest.mark.parametrize("name", SCHEDULES)
def test_an_inner_schedule_keeps_its_class_and_outlives_its_parent(name: str) -> None:
    inside = getattr(_core, name)(**SCHEDULES[name])
    scaled = _core.Scaled(inside, 0.5)
    expected = inside.values(0, 100)
    del inside
    found = scaled.base
    del scaled
    assert type(found).__name__ == name
    np.testing.assert_array_equal(found.values(0, 100), expected)


@pytest.mark.parametrize("name", SCHEDULES)
def test_scaled_values_are_numpys_products(name: str) -> None:
    inside = getattr(_core, name)(**SCHEDULES[name])
    np.testing.assert_array_equal(_core.Scaled(inside, 0.3).values(0, 200), 0.3 * inside.values(0, 200))


@pytest.mark.parametrize("base", [None, 0.1, _core.Constant, _core.Ema(0.9)])
def test_only_a_schedule_can_be_scaled(base: Any) -> None:
    with pytest.raises(TypeError, match="incompatible constructor arguments"):
        _core.Scaled(base, 0.5)


def test_no_argument_has_a_default(name: str) -> None:
    arguments = list(SCHEDULES[name].values())
    with pytest.raises(TypeError):
        getattr(_core, name)(*arguments[:-1])


def test_values_are_a_float64_array_of_the_calls(schedule: Any) -> None:
    values = schedule.values(5, 105)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [schedule(t) for t in range(5, 105)])


def test_values_of_nothing_are_empty(schedule: Any) -> None:
    assert schedule.values(7, 7).shape == (0,)


def test_values_reach_the_last_step(schedule: Any) -> None:
    values = schedule.values(LAST_STEP - 3, LAST_STEP)
    np.testing.assert_array_equal(values, [schedule(LAST_STEP - i) for i in (3, 2, 1)])
    assert np.all(np.isfinite(values))


def test_values_refuse_a_reversed_or_negative_range(schedule: Any) -> None:
    with pytest.raises(ValueError, match=r"^stop must not be less than start=3, but got 2$"):
        schedule.values(3, 2)
    with pytest.raises(ValueError, match=r"^start must not be negative, but got -1$"):
        schedule.values(-1, 2)


def test_values_that_no_memory_can_hold_are_refused(schedule: Any) -> None:
    with pytest.raises(ValueError, match="too big"):
        schedule.values(0, 2**62)


def test_a_step_must_be_an_integer_and_not_negative(schedule: Any) -> None:
    with pytest.raises(ValueError, match=r"^step must not be negative, but got -1$"):
        schedule(-1)
    for step in (1.5, "1", None, 2**63):
        with pytest.raises(TypeError):
            schedule(step)


def test_a_call_is_the_method_however_it_is_made(schedule: Any) -> None:
    for step in (0, 7, 2**31, 2**40):
        assert schedule(step) == schedule(step=step) == schedule.__call__(step) == schedule.__call__(step=step)
    for arguments, keywords in [((), {}), ((1, 2), {}), ((1,), {"step": 1}), ((), {"at": 1})]:
        with pytest.raises(TypeError, match="incompatible function arguments"):
            schedule(*arguments, **keywords)


def test_a_numpy_integer_is_a_step(schedule: Any) -> None:
    assert schedule(np.int64(7)) == schedule(7)


def test_equal_arguments_make_equal_schedules_with_equal_hashes(name: str, schedule: Any) -> None:
    same = getattr(_core, name)(**SCHEDULES[name])
    assert same == schedule
    assert hash(same) == hash(schedule)
    assert len({same, schedule}) == 1


def test_any_other_argument_makes_another_schedule() -> None:
    cosine = _core.Cosine(0.1, 50, 0.001, 1.0, 1.0, "hold")
    for other in (
        _core.Cosine(0.2, 50, 0.001, 1.0, 1.0, "hold"),
        _core.Cosine(0.1, 51, 0.001, 1.0, 1.0, "hold"),
        _core.Cosine(0.1, 50, 0.0, 1.0, 1.0, "hold"),
    ):
        assert cosine != other
    assert cosine != _core.Constant(0.1)
    assert cosine != 0.1


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_an_equal_schedule(schedule: Any, protocol: int) -> None:
    copy = pickle.loads(pickle.dumps(schedule, protocol))
    assert type(copy) is type(schedule)
    assert copy == schedule
    np.testing.assert_array_equal(copy.values(0, 100), schedule.values(0, 100))


def test_bad_arguments_are_value_errors_that_name_them() -> None:
    with pytest.raises(ValueError, match=r"^max_lr must be greater than base_lr=0\.1, but got 0\.01$"):
        _core.Cyclic(0.1, 0.01, 1, 1, "triangular", 1.0, None, "cycle")
    with pytest.raises(ValueError, match=r"^min_lr must not be greater than base_lr=0\.1, but got 0\.2$"):
        _core.Cosine(0.1, 10, 0.2, 1.0, 1.0, "hold")
    with pytest.raises(ValueError, match=r"^anneal_strategy must be 'cos' or 'linear', but got 'exp'$"):
        _core.OneCycle(0.1, 10, 0.3, "exp", 25.0, 1e4, False)
    with pytest.raises(ValueError, match=r"^boundaries\[1\] must be greater than boundaries\[0\]=5, but got 5$"):
        _core.PiecewiseConstant([5, 5], [0.3, 0.2, 0.1])


@pytest.mark.parametrize("lr", [0.0, -1.0, float("nan"), float("inf"), -float("inf")])
def test_a_learning_rate_must_be_finite_and_above_0(lr: float) -> None:
    with pytest.raises(ValueError, match=rf"^lr must be a finite number greater than 0, but got {lr!r}$"):
        _core.Constant(lr)


@pytest.mark.parametrize("value", [1e-5, 1e-4, 0.1, 1 / 3, 1e15, 1e16, 123456789.0, 5e-324, 1.7976931348623157e308])
def test_messages_show_numbers_as_repr_does(value: float) -> None:
    with pytest.raises(ValueError, match="but got") as error:
        _core.Constant(-value)
    assert str(error.value).endswith(f"but got {-value!r}")


# Expected values: 50 digits of mpmath, from the arguments' exact binary values.


def ulps(actual: float, expected: mpmath.mpf) -> float:
    return float(abs(mpmath.mpf(actual) - expected)) / float(np.spacing(float(expected)))


@pytest.mark.parametrize(("start", "end", "steps"), [(1e-5, 10.0, 100), (10.0, 1e-7, 391), (1e-8, 1e-2, 1000)])
def test_exponential_is_within_2_ulp(start: float, end: float, steps: int) -> None:
    values = _core.Exponential(start, end, steps).values(0, steps)
    with mpmath.workdps(50):
        ratio = mpmath.mpf(end) / mpmath.mpf(start)
        errors = [ulps(lr, start * ratio ** (mpmath.mpf(t) / (steps - 1))) for t, lr in enumerate(values)]
    assert max(errors) <= 2


def test_exponential_is_within_2_ulp_over_a_million_steps() -> None:
    steps = 1_000_000
    schedule = _core.Exponential(1e-6, 1.0, steps)
    with mpmath.workdps(50):
        ratio = 1 / mpmath.mpf(1e-6)
        for t in (1, 2, 333_333, 500_000, steps - 3, steps - 2):
            expected = mpmath.mpf(1e-6) * ratio ** (mpmath.mpf(t) / (steps - 1))
            assert ulps(schedule(t), expected) <= 2
    assert (schedule(0), schedule(steps - 1), schedule(steps), schedule(LAST_STEP)) == (1e-6, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("start", "end", "steps"), [(1e-5, 10.0, 100), (10.0, 1e-7, 391), (0.1, 0.0, 1000)])
def test_linear_is_within_2_ulp(start: float, end: float, steps: int) -> None:
    values = _core.Linear(start, end, steps).values(0, steps)
    with mpmath.workdps(50):
        difference = mpmath.mpf(end) - mpmath.mpf(start)
        errors = [ulps(lr, start + difference * t / (steps - 1)) for t, lr in enumerate(values)]
    assert max(errors) <= 2
    assert (values[0], values[-1]) == (start, end)


def test_one_cycle_follows_its_closed_form() -> None:
    steps, top = 400, 0.1
    values = _core.OneCycle(top, steps, 0.25, "cos", 25.0, 1e4, False).values(0, steps)
    with mpmath.workdps(50):
        first, last = mpmath.mpf(top) / 25, mpmath.mpf(top) / 250_000
        for t, lr in enumerate(values):
            low, q = (first, mpmath.mpf(99 - t) / 99) if t <= 99 else (last, mpmath.mpf(t - 99) / 300)
            assert ulps(lr, low + (top - low) * (1 + mpmath.cos(mpmath.pi * q)) / 2) <= 8
    assert (values[0], values[99], values[-1]) == (top / 25, top, top / 25 / 1e4)


@pytest.mark.parametrize("steps", [10, 1000, 10**6, 10**12])
def test_cosine_keeps_its_digits_to_the_last_step(steps: int) -> None:
    schedule = _core.Cosine(0.1, steps, 0.0, 1.0, 1.0, "hold")
    with mpmath.workdps(50):
        for t in {1, steps // 3, steps // 2, steps - 3, steps - 2, steps - 1}:
            expected = mpmath.mpf(0.1) * mpmath.sin(mpmath.pi * (steps - t) / (2 * mpmath.mpf(steps))) ** 2
            assert ulps(schedule(t), expected) <= 6
    assert (schedule(0), schedule(steps), schedule(LAST_STEP)) == (0.1, 0.0, 0.0)


def test_cyclic_follows_its_closed_form() -> None:
    up, down, gamma = 10, 30, 0.99
    schedule = _core.Cyclic(0.001, 0.01, up, down, "exp_range", gamma, None, "cycle")
    with mpmath.workdps(50):
        for t in range(200):
            position = t % (up + down)
            triangle = mpmath.mpf(position) / up if position <= up else mpmath.mpf(up + down - position) / down
            expected = 0.001 + (mpmath.mpf(0.01) - 0.001) * triangle * mpmath.mpf(gamma) ** t
            assert ulps(schedule(t), expected) <= 4


def test_inverse_time_follows_its_closed_form() -> None:
    schedule = _core.InverseTime(0.01, 0.1, 3, False)
    with mpmath.workdps(50):
        for t in range(100):
            expected = mpmath.mpf(0.01) / (1 + mpmath.mpf(0.1) * t / 3)
            assert ulps(schedule(t), expected) <= 3


@pytest.mark.parametrize("step", [0, 3, True, np.int64(3), 2**63 - 1])
def test_value_equals_the_call(step: Any) -> None:
    schedule = _core.Linear(0.1, 1.0, 10)
    assert schedule.value(step) == schedule(step)


@pytest.mark.parametrize("step", [-1, 2**63, 1.5, "1", None])
def test_value_raises_what_the_call_raises(step: Any) -> None:
    schedule = _core.Linear(0.1, 1.0, 10)
    with pytest.raises((TypeError, ValueError)) as by_call:
        schedule(step)
    with pytest.raises(type(by_call.value), match=f"^{re.escape(str(by_call.value))}$"):
        schedule.value(step)


def test_value_of_another_class_is_an_error() -> None:
    with pytest.raises(TypeError):
        _core.Linear.value(_core.Constant(1.0), 1)  # type: ignore[arg-type]
