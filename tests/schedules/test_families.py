"""Schedules: values against closed forms, at every joint and beyond the end; schedules as values."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest

import lrcore.schedules
from lrcore import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    CyclicMomentum,
    Exponential,
    ExponentialDecay,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    Noam,
    OneCycle,
    OneCycleMomentum,
    PiecewiseConstant,
    PiecewiseCosine,
    PiecewiseLinear,
    Polynomial,
    Scaled,
    Schedule,
    Step,
    Tabulated,
    Tanh,
    WarmupStableDecay,
)
from tests.support.schedule_examples import EXAMPLES

every_schedule = pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: schedule.name)


# Calls


@every_schedule
def test_values_is_float64_and_bit_for_bit_the_calls(schedule: Schedule) -> None:
    values = schedule.values(3, 203)
    assert values.dtype == np.float64
    assert values.tolist() == [schedule(step) for step in range(3, 203)]
    assert isinstance(schedule(3), float)


@every_schedule
def test_values_of_an_empty_range_is_empty(schedule: Schedule) -> None:
    assert schedule.values(5, 5).shape == (0,)


@every_schedule
def test_numpy_integers_are_steps(schedule: Schedule) -> None:
    assert schedule(np.int32(7)) == schedule(np.uint8(7)) == schedule(7)
    assert schedule.values(np.int64(0), np.int32(3)).tolist() == schedule.values(0, 3).tolist()


@every_schedule
@pytest.mark.parametrize(
    ("step", "error", "sentence"),
    [
        (-1, ValueError, "step must not be negative, but got -1"),
        (2**63, ValueError, "step must fit in 64 bits"),
        (1.0, TypeError, "step must be an integer, but got 1.0"),
        (True, TypeError, "step must be an integer, but got True"),
        ("1", TypeError, "step must be an integer, but got '1'"),
        (None, TypeError, "step must be an integer, but got None"),
    ],
)
def test_bad_step_is_refused(schedule: Schedule, step: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        schedule(step)


@every_schedule
@pytest.mark.parametrize(("start", "stop", "name"), [(-1, 3, "start"), (3, 2, "stop")])
def test_bad_range_is_refused(schedule: Schedule, start: int, stop: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        schedule.values(start, stop)


# Arguments

BAD_VALUES = [
    (Constant, (0,), "lr must be a finite number greater than 0, but got 0.0"),
    (Constant, (-0.1,), "lr must be a finite number greater than 0, but got -0.1"),
    (Constant, (float("nan"),), "lr must be a finite number greater than 0, but got nan"),
    (Constant, (float("inf"),), "lr must be a finite number greater than 0, but got inf"),
    (Constant, (10**400,), "lr is too large for a float"),
    (PiecewiseConstant, ([3, 3], [1, 1, 1]), "boundaries[1] must be greater than boundaries[0]=3, but got 3"),
    (PiecewiseConstant, ([0], [1, 1]), "boundaries[0] must be at least 1, but got 0"),
    (PiecewiseConstant, ([3], [1]), "len(lrs) must be len(boundaries) + 1 = 2, but got 1"),
    (PiecewiseConstant, ([3], [1, -1]), "lrs[1] must be a finite number greater than 0, but got -1.0"),
    (PiecewiseLinear, ([3, 3], [1, 1]), "milestones[1] must be greater than milestones[0]=3, but got 3"),
    (PiecewiseLinear, ([-1], [1]), "milestones[0] must be at least 0, but got -1"),
    (PiecewiseLinear, ([3], [1, 2]), "len(milestones) must be len(lrs) = 2, but got 1"),
    (PiecewiseLinear, ([], []), "len(lrs) must be at least 1, but got 0"),
    (PiecewiseLinear, ([3], [-1]), "lrs[0] must be a finite number and not negative, but got -1.0"),
    (PiecewiseCosine, ([5, 3], [1, 1]), "milestones[1] must be greater than milestones[0]=5, but got 3"),
    (PiecewiseCosine, ([3, 4, 5], [1, 2]), "len(milestones) must be len(lrs) = 2, but got 3"),
    (PiecewiseCosine, ([3], [float("nan")]), "lrs[0] must be a finite number and not negative, but got nan"),
    (Tabulated, ([],), "len(lrs) must be at least 1, but got 0"),
    (Tabulated, ([0.1, float("inf")],), "lrs[1] must be a finite number and not negative, but got inf"),
    (Step, (0, 10), "base_lr must be a finite number greater than 0, but got 0.0"),
    (Step, (0.1, 0), "step_size must be at least 1, but got 0"),
    (Step, (0.1, 10, -0.1), "gamma must be a finite number and not negative, but got -0.1"),
    (MultiStep, (-0.1, [1]), "base_lr must be a finite number greater than 0, but got -0.1"),
    (MultiStep, (0.1, [-1]), "milestones[0] must be at least 0, but got -1"),
    (MultiStep, (0.1, [5, 5, 3]), "milestones[2] must not be less than milestones[1]=5, but got 3"),
    (MultiStep, (0.1, [5], float("inf")), "gamma must be a finite number and not negative, but got inf"),
    (Polynomial, (-0.1, 10), "base_lr must be a finite number and not negative, but got -0.1"),
    (Polynomial, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Polynomial, (0.1, 10, float("nan")), "end_lr must be a finite number and not negative, but got nan"),
    (Polynomial, (0.1, 10, 0, 1, False, 0), "k must be a finite number greater than 0, but got 0.0"),
    (Polynomial, (0.1, 10, 0, 0), "power must be a finite number greater than 0, but got 0.0"),
    (ExponentialDecay, (0, 0.9), "base_lr must be a finite number greater than 0, but got 0.0"),
    (ExponentialDecay, (0.1, -0.9), "decay_rate must be a finite number and not negative, but got -0.9"),
    (ExponentialDecay, (0.1, 0.9, 0), "decay_steps must be at least 1, but got 0"),
    (ExponentialDecay, (0.1, 0.9, 1, False, -1), "end_lr must be a finite number and not negative, but got -1.0"),
    (
        ExponentialDecay,
        (0.1, 0.9, 1, False, 0.2),
        "end_lr must not be greater than base_lr=0.1 where decay_rate=0.9 is less than 1, but got 0.2",
    ),
    (
        ExponentialDecay,
        (0.1, 1.5, 1, False, 0.05),
        "end_lr must not be less than base_lr=0.1 where decay_rate=1.5 is at least 1, but got 0.05",
    ),
    (InverseTime, (0.1, -1), "decay_rate must be a finite number and not negative, but got -1.0"),
    (InverseTime, (0.1, 1, 0), "decay_steps must be at least 1, but got 0"),
    (Linear, (-0.1, 1, 10), "start_lr must be a finite number and not negative, but got -0.1"),
    (Linear, (1, float("nan"), 10), "end_lr must be a finite number and not negative, but got nan"),
    (Linear, (1, 2, 1), "total_steps must be at least 2, but got 1"),
    (Exponential, (0, 1, 10), "start_lr must be a finite number greater than 0, but got 0.0"),
    (Exponential, (1, float("inf"), 10), "end_lr must be a finite number greater than 0, but got inf"),
    (Exponential, (1, 2, 1), "total_steps must be at least 2, but got 1"),
    (Cosine, (0.1, 10, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (Cosine, (0.1, 10, -0.1), "min_lr must be a finite number and not negative, but got -0.1"),
    (Cosine, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Cosine, (0.1, 10, 0, 0), "exponent must be a finite number greater than 0, but got 0.0"),
    (Cosine, (0.1, 10, 0, 1, float("inf")), "k must be a finite number greater than 0, but got inf"),
    (CosineRestarts, (0.1, 0), "first_period must be at least 1, but got 0"),
    (CosineRestarts, (0.1, 5, 0.5), "period_mult must be 1, or from 1.001 to 1e6, but got 0.5"),
    (CosineRestarts, (0.1, 5, 1.0005), "period_mult must be 1, or from 1.001 to 1e6, but got 1.0005"),
    (CosineRestarts, (0.1, 5, float("nan")), "period_mult must be 1, or from 1.001 to 1e6, but got nan"),
    (CosineRestarts, (0.1, 5, 1, 1.5), "peak_decay must be greater than 0 and not greater than 1, but got 1.5"),
    (CosineRestarts, (0.1, 5, 1, 1, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (Tanh, (0.1, 0), "decay_steps must be at least 1, but got 0"),
    (Tanh, (0.1, 10, -301), "lower must be from -300 to 300, but got -301.0"),
    (Tanh, (0.1, 10, 3, 3), "upper must be greater than lower=3.0, but got 3.0"),
    (Tanh, (0.1, 10, 3, float("nan")), "upper must be from -300 to 300, but got nan"),
    (Tanh, (0.1, 10, -7, 3, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (InverseSqrt, (0.1, 0), "timescale must be at least 1, but got 0"),
    (InverseSqrt, (0.1, 1, -1), "warmup_steps must be at least 0, but got -1"),
    (Noam, (0, 1), "model_size must be at least 1, but got 0"),
    (Noam, (1, 0), "warmup_steps must be at least 1, but got 0"),
    (Noam, (1, 1, 0), "factor must be a finite number greater than 0, but got 0.0"),
    (WarmupStableDecay, (0.1, -1, 0, 1), "warmup_steps must be at least 0, but got -1"),
    (WarmupStableDecay, (0.1, 0, -1, 1), "stable_steps must be at least 0, but got -1"),
    (WarmupStableDecay, (0.1, 0, 0, 0), "decay_steps must be at least 1, but got 0"),
    (WarmupStableDecay, (0.1, 0, 0, 1, 0.2), "min_lr must not be greater than base_lr=0.1, but got 0.2"),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "sqrt"),
        "decay must be '1-sqrt', 'linear', 'cosine', 'exponential' or 'power', but got 'sqrt'",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", -1),
        "decay_power must be a finite number greater than 0, but got -1.0",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", 1, 1),
        "decay_ratio must be greater than 0 and less than 1, but got 1.0",
    ),
    (
        WarmupStableDecay,
        (0.1, 0, 0, 1, 0, "power", 1, 0.5, 0.2),
        "warmup_start_lr must not be greater than base_lr=0.1, but got 0.2",
    ),
    (Cyclic, (-0.1, 0.1), "base_lr must be a finite number and not negative, but got -0.1"),
    (Cyclic, (0.1, 0.01), "max_lr must be greater than base_lr=0.1, but got 0.01"),
    (Cyclic, (0.1, 0.1), "max_lr must be greater than base_lr=0.1, but got 0.1"),
    (Cyclic, (0.1, 0.2, 0), "step_size_up must be at least 1, but got 0"),
    (Cyclic, (0.1, 0.2, 1, 0), "step_size_down must be at least 1, but got 0"),
    (Cyclic, (0.1, 0.2, 1, 1, "x"), "mode must be 'triangular', 'triangular2' or 'exp_range', but got 'x'"),
    (Cyclic, (0.1, 0.2, 1, 1, "exp_range", 1.5), "gamma must be greater than 0 and not greater than 1, but got 1.5"),
    (OneCycle, (0, 10), "max_lr must be a finite number greater than 0, but got 0.0"),
    (OneCycle, (0.1, 1), "total_steps must be at least 2, but got 1"),
    (OneCycle, (0.1, 10, -0.1), "pct_start must be from 0 to 1, but got -0.1"),
    (OneCycle, (0.1, 10, 1.1), "pct_start must be from 0 to 1, but got 1.1"),
    (OneCycle, (0.1, 10, 0.3, "cosine"), "anneal_strategy must be 'cos' or 'linear', but got 'cosine'"),
    (OneCycle, (0.1, 10, 0.3, "cos", 0), "div_factor must be a finite number greater than 0, but got 0.0"),
    (OneCycle, (0.1, 10, 0.3, "cos", 25, -1), "final_div_factor must be a finite number greater than 0, but got -1.0"),
    (OneCycle, (0.1, 10, 0.3, "cos", 1e-310), "div_factor must leave the learning rates finite, but got 1e-310"),
    (Scaled, (Constant(0.1), 0), "factor must be a finite number greater than 0, but got 0.0"),
    (Scaled, (Constant(0.1), -1), "factor must be a finite number greater than 0, but got -1.0"),
    (Scaled, (Constant(0.1), float("inf")), "factor must be a finite number greater than 0, but got inf"),
    (Scaled, (Constant(0.1), float("nan")), "factor must be a finite number greater than 0, but got nan"),
    (CyclicMomentum, (0.9, 0.8), "base_momentum must not be greater than max_momentum=0.8, but got 0.9"),
    (OneCycleMomentum, (0.9, 0.8, 10), "base_momentum must not be greater than max_momentum=0.8, but got 0.9"),
    (OneCycleMomentum, (0.8, 0.9, 1), "total_steps must be at least 2, but got 1"),
    (OneCycleMomentum, (0.8, 0.9, 10, 1.5), "pct_start must be from 0 to 1, but got 1.5"),
    (CyclicMomentum, (0.9, 1), "max_momentum must be at least 0 and less than 1, but got 1.0"),
]


@pytest.mark.parametrize(("schedule", "arguments", "sentence"), BAD_VALUES)
def test_value_out_of_range_is_refused(schedule: type[Schedule], arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        schedule(*arguments)


BAD_TYPES = [
    (Constant, ("0.1",), "lr must be a number, but got '0.1'"),
    (Constant, (True,), "lr must be a number, but got True"),
    (Constant, (np.bool_(True),), "lr must be a number, but got np.True_"),
    (Constant, (None,), "lr must be a number, but got None"),
    (Constant, (1j,), "lr must be a number, but got 1j"),
    (PiecewiseConstant, (3, [1, 1]), "boundaries must be a sequence, but got 3"),
    (PiecewiseConstant, ([3.5], [1, 1]), "boundaries[0] must be an integer, but got 3.5"),
    (PiecewiseConstant, ([3], "ab"), "lrs must be a sequence, but got 'ab'"),
    (PiecewiseConstant, ([3], [1, "b"]), "lrs[1] must be a number, but got 'b'"),
    (PiecewiseLinear, (3, [1]), "milestones must be a sequence, but got 3"),
    (PiecewiseCosine, ([3.0], [1]), "milestones[0] must be an integer, but got 3.0"),
    (PiecewiseCosine, ([3], ["1"]), "lrs[0] must be a number, but got '1'"),
    (Tabulated, (0.1,), "lrs must be a sequence, but got 0.1"),
    (Tabulated, ([0.1, None],), "lrs[1] must be a number, but got None"),
    (Step, (0.1, 10.0), "step_size must be an integer, but got 10.0"),
    (Step, (0.1, 10, "0.1"), "gamma must be a number, but got '0.1'"),
    (MultiStep, (0.1, 10), "milestones must be a sequence, but got 10"),
    (MultiStep, (0.1, [True]), "milestones[0] must be an integer, but got True"),
    (Polynomial, (0.1, 10.0), "decay_steps must be an integer, but got 10.0"),
    (Polynomial, (0.1, 10, 0, 1, 1), "cycle must be True or False, but got 1"),
    (ExponentialDecay, (0.1, 0.9, 1.5), "decay_steps must be an integer, but got 1.5"),
    (ExponentialDecay, (0.1, 0.9, 1, None), "staircase must be True or False, but got None"),
    (ExponentialDecay, (0.1, 0.9, 1, False, "0"), "end_lr must be a number, but got '0'"),
    (InverseTime, (0.1, 1, 1, 1), "staircase must be True or False, but got 1"),
    (Linear, ("0", 1, 10), "start_lr must be a number, but got '0'"),
    (Linear, (0.1, 1, 10.0), "total_steps must be an integer, but got 10.0"),
    (Exponential, (0.1, 1, 10.0), "total_steps must be an integer, but got 10.0"),
    (Cosine, (0.1, True), "decay_steps must be an integer, but got True"),
    (CosineRestarts, (0.1, 5.0), "first_period must be an integer, but got 5.0"),
    (CosineRestarts, (0.1, 5, "2"), "period_mult must be a number, but got '2'"),
    (Tanh, (0.1, 5, None), "lower must be a number, but got None"),
    (InverseSqrt, (0.1, 5, 0.5), "warmup_steps must be an integer, but got 0.5"),
    (Noam, (512.0, 5), "model_size must be an integer, but got 512.0"),
    (WarmupStableDecay, (0.1, 1, 1, 1, 0, 1), "decay must be a string, but got 1"),
    (Cyclic, (0.1, 0.2, 1, 1.5), "step_size_down must be an integer, but got 1.5"),
    (Cyclic, (0.1, 0.2, 1, 1, 2), "mode must be a string, but got 2"),
    (OneCycle, (0.1, 100.0), "total_steps must be an integer, but got 100.0"),
    (OneCycle, (0.1, 100, "0.3"), "pct_start must be a number, but got '0.3'"),
    (OneCycle, (0.1, 100, 0.3, None), "anneal_strategy must be a string, but got None"),
    (Scaled, (Constant(0.1), "2"), "factor must be a number, but got '2'"),
    (Scaled, (0.1, 0.5), "base must be a learning-rate schedule, but got 0.1"),
    (
        Scaled,
        (Constant, 0.5),
        "base must be a learning-rate schedule, but got <class 'lrcore.schedules.Constant'>",
    ),
    (
        Scaled,
        (CyclicMomentum(0.8, 0.9, 5), 0.5),
        "base must be a learning-rate schedule, but got CyclicMomentum(base_momentum=0.8, max_momentum=0.9, "
        "step_size_up=5, step_size_down=5, mode='triangular', gamma=1.0, scale=None, scale_mode='cycle')",
    ),
    (OneCycle, (0.1, 100, 0.3, "cos", 25, 1e4, 1), "three_phase must be True or False, but got 1"),
]


@pytest.mark.parametrize(("schedule", "arguments", "sentence"), BAD_TYPES)
def test_wrong_type_is_refused(schedule: type[Schedule], arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        schedule(*arguments)


def test_integers_and_numpy_scalars_are_numbers() -> None:
    by_numpy = Cyclic(np.float64(1), np.float32(2), np.int64(5), np.uint8(6), "exp_range", np.float32(0.5))
    assert by_numpy == Cyclic(1.0, 2.0, 5, 6, "exp_range", 0.5)
    assert repr(by_numpy) == (
        "Cyclic(base_lr=1.0, max_lr=2.0, step_size_up=5, step_size_down=6, mode='exp_range', gamma=0.5, "
        "scale=None, scale_mode='cycle')"
    )
    assert PiecewiseConstant(np.array([3]), np.array([1, 2])) == PiecewiseConstant((3,), (1.0, 2.0))


def test_the_base_class_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Schedule()  # type: ignore[abstract]


# Schedules as values


@pytest.mark.parametrize("schedule_class", [Cyclic, CyclicMomentum])
def test_step_size_down_is_step_size_up_by_default(schedule_class: type[Cyclic | CyclicMomentum]) -> None:
    assert schedule_class(0.1, 0.2, 7) == schedule_class(0.1, 0.2, 7, 7)
    assert hash(schedule_class(0.1, 0.2, 7)) == hash(schedule_class(0.1, 0.2, 7, 7))
    assert schedule_class(0.1, 0.2, 7).step_size_down == 7


@every_schedule
def test_repr_rebuilds_the_schedule(schedule: Schedule) -> None:
    assert eval(repr(schedule), vars(lrcore.schedules)) == schedule


@every_schedule
def test_pickles_and_copies_are_equal_and_give_the_same_values(schedule: Schedule) -> None:
    for other in (pickle.loads(pickle.dumps(schedule)), copy.copy(schedule), copy.deepcopy(schedule)):
        assert other == schedule
        assert hash(other) == hash(schedule)
        assert other.values(0, 400).tolist() == schedule.values(0, 400).tolist()


@every_schedule
def test_equal_to_no_other_schedule(schedule: Schedule) -> None:
    assert [other == schedule for other in EXAMPLES].count(True) == 1
    assert schedule != "schedule"
    assert len({schedule, copy.deepcopy(schedule)}) == 1


@every_schedule
def test_fields_cannot_be_set(schedule: Schedule) -> None:
    name = dataclasses.fields(schedule)[-1].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(schedule, name, 1)


def test_dataclasses_replace_checks_and_rebuilds() -> None:
    schedule = Cyclic(0.1, 0.2, 7)
    assert dataclasses.replace(schedule, max_lr=0.4)(7) == 0.4
    with pytest.raises(ValueError, match=r"^max_lr must be greater than base_lr=0.1, but got 0.05$"):
        dataclasses.replace(schedule, max_lr=0.05)


def test_a_list_given_to_a_schedule_can_change_afterwards() -> None:
    lrs = [0.1, 0.2]
    schedule = PiecewiseConstant([3], lrs)
    lrs[0] = 5.0
    assert schedule(0) == 0.1
    assert schedule == PiecewiseConstant([3], [0.1, 0.2])


@pytest.mark.parametrize("stop", [2**40 * 10**4, 2**63 - 1])
def test_more_values_than_memory_holds_are_refused(stop: int) -> None:
    with pytest.raises(ValueError, match=rf"^stop must leave no more values than fit in memory, but got {stop}$"):
        Constant(0.1).values(0, stop)


def test_there_is_one_zero() -> None:
    schedule = Linear(-0.0, 1.0, 3)
    assert math.copysign(1.0, schedule.start_lr) == 1.0
    assert not np.signbit(schedule.values(0, 3)).any()
    assert not np.signbit(Tabulated([-0.0, 0.5]).values(0, 2)).any()
