"""The range test driven by hand: its learning rates, arguments and state, and the result it leaves."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import Exponential, Linear, RangeTest, RangeTestResult, StopReason

NAN, INF = float("nan"), float("inf")


def drive(range_test: RangeTest, losses: Sequence[float], **beside: float) -> RangeTest:
    for loss in losses:
        range_test.record(loss, **beside)
    return range_test


# Learning rates


def test_lrs_are_geometric_and_exact_at_both_ends() -> None:
    range_test = drive(RangeTest(1e-5, 10.0, 400), [1.0] * 400)
    with mpmath.workdps(50):
        start, ratio = mpmath.mpf(1e-5), mpmath.mpf(10) / mpmath.mpf(1e-5)
        exact = [float(start * ratio ** (mpmath.mpf(i) / 399)) for i in range(400)]
    np.testing.assert_allclose(range_test.lrs, exact, rtol=4 * 2**-52)
    assert range_test.lrs[0] == 1e-5
    assert range_test.lrs[-1] == 10.0


def test_the_recorded_lr_is_the_lr_of_the_update() -> None:
    range_test = RangeTest(1e-3, 1.0, 50)
    used = []
    while range_test.stop_reason is None:
        used.append(range_test.lr)
        assert range_test.lr == used[-1]
        range_test.record(float(len(used)) ** 0.1)
    assert range_test.lrs.tolist() == used == Exponential(1e-3, 1.0, 50).values(0, 50).tolist()
    assert range_test.losses.tolist() == [float(i) ** 0.1 for i in range(1, 51)]


def test_linear_lrs_are_equally_spaced_and_exact_at_both_ends() -> None:
    range_test = drive(RangeTest(1e-5, 10.0, 400, step_mode="linear"), [1.0] * 400)
    with mpmath.workdps(50):
        start, end = mpmath.mpf(1e-5), mpmath.mpf(10)
        exact = [float(start + (end - start) * i / 399) for i in range(400)]
    np.testing.assert_allclose(range_test.lrs, exact, rtol=4 * 2**-52)
    assert range_test.lrs[0] == 1e-5
    assert range_test.lrs[-1] == 10.0


@pytest.mark.parametrize(("step_mode", "schedule"), [("exp", Exponential), ("linear", Linear)])
def test_every_group_has_its_own_lrs_exact_at_both_ends(step_mode: str, schedule: type[Exponential | Linear]) -> None:
    starts, ends = (1e-5, 0.3, 1e-7), (10.0, 0.7, 1e-6)
    range_test = RangeTest(starts, ends, 7, step_mode=step_mode)
    used = []
    while range_test.stop_reason is None:
        used.append(range_test.group_lrs)
        assert range_test.lr == range_test.group_lrs[0]
        range_test.record(1.0)
    assert (used[0], used[-1]) == (starts, ends)
    expected = np.stack([schedule(*pair, 7).values(0, 7) for pair in zip(starts, ends, strict=True)], axis=1)
    np.testing.assert_array_equal(used, expected)
    np.testing.assert_array_equal(range_test.recorded_group_lrs, expected)
    np.testing.assert_array_equal(range_test.lrs, expected[:, 0])


def test_a_float_bound_is_repeated_for_every_group() -> None:
    assert RangeTest([0.1, 0.01], 1.0).group_lrs == (0.1, 0.01)
    range_test = drive(RangeTest(0.1, np.array([1.0, 2.0]), 2), [1.0, 1.0])
    np.testing.assert_array_equal(range_test.recorded_group_lrs, [[0.1, 0.1], [1.0, 2.0]])


def test_plain_floats_are_one_group() -> None:
    range_test = RangeTest(0.1, 1.0)
    assert range_test.group_lrs == (0.1,)
    assert range_test.recorded_group_lrs.shape == (0, 1)
    assert all(type(lr) is float for lr in range_test.group_lrs)


# Arguments and state


def test_defaults_are_those_of_the_guide() -> None:
    assert repr(RangeTest()) == (
        "RangeTest(start_lr=1e-05, end_lr=10.0, num_iter=100, beta=0.98, divergence_factor=4.0, "
        "step_mode='exp', batches_per_lr=1, align='used', min_iter=0)"
    )


@pytest.mark.parametrize(
    "range_test",
    [RangeTest(), RangeTest([0.1, 0.2], 1, 5, 0.5, 2, step_mode="linear", batches_per_lr=2, align="effect")],
)
def test_repr_rebuilds_the_test(range_test: RangeTest) -> None:
    assert repr(eval(repr(range_test))) == repr(range_test)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"start_lr": 0}, "start_lr must be a finite number greater than 0, but got 0.0"),
        ({"start_lr": -1}, "start_lr must be a finite number greater than 0, but got -1.0"),
        ({"start_lr": 1, "end_lr": 1}, "end_lr must be greater than start_lr=1.0, but got 1.0"),
        ({"start_lr": 1, "end_lr": 0.1}, "end_lr must be greater than start_lr=1.0, but got 0.1"),
        ({"end_lr": NAN}, "end_lr must be greater than start_lr=1e-05, but got nan"),
        ({"start_lr": [0.1, 1], "end_lr": [1, 0.1]}, "end_lr[1] must be greater than start_lr[1]=1.0, but got 0.1"),
        ({"start_lr": [0.1, 1], "end_lr": 1}, "end_lr[1] must be greater than start_lr[1]=1.0, but got 1.0"),
        ({"start_lr": [0.1, -1]}, "start_lr[1] must be a finite number greater than 0, but got -1.0"),
        ({"start_lr": [0.1, 0.2], "end_lr": [1]}, "len(end_lr) must be len(start_lr) = 2, but got 1"),
        ({"start_lr": [0.1], "end_lr": [1, 2]}, "len(end_lr) must be len(start_lr) = 1, but got 2"),
        ({"start_lr": []}, "len(start_lr) must be at least 1, but got 0"),
        ({"end_lr": []}, "len(end_lr) must be len(start_lr) = 1, but got 0"),
        ({"start_lr": 0.1, "end_lr": math.nextafter(0.1, 1)},
         "end_lr must be farther above start_lr=0.1 for 100 different learning rates, but got 0.10000000000000002"),
        ({"step_mode": "log"}, "step_mode must be 'exp' or 'linear', but got 'log'"),
        ({"batches_per_lr": 0}, "batches_per_lr must be at least 1, but got 0"),
        ({"batches_per_lr": 2**62},
         f"batches_per_lr must be at most {(2**63 - 2) // 100} for num_iter=100, but got {2**62}"),
        ({"align": "next"}, "align must be 'used' or 'effect', but got 'next'"),
        ({"min_iter": -1}, "min_iter must be at least 0, but got -1"),
        ({"num_iter": 1}, "num_iter must be at least 2, but got 1"),
        ({"beta": 1}, "beta must be at least 0 and less than 1, but got 1.0"),
        ({"divergence_factor": 1}, "divergence_factor must be a finite number greater than 1, but got 1.0"),
    ],
)  # fmt: skip
def test_argument_out_of_range_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTest(**arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"start_lr": "0.1"}, "start_lr must be a number, but got '0.1'"),
        ({"start_lr": None}, "start_lr must be a number, but got None"),
        ({"end_lr": [1, "2"]}, "end_lr[1] must be a number, but got '2'"),
        ({"num_iter": 10.0}, "num_iter must be an integer, but got 10.0"),
        ({"step_mode": None}, "step_mode must be a string, but got None"),
        ({"batches_per_lr": 2.0}, "batches_per_lr must be an integer, but got 2.0"),
        ({"align": 1}, "align must be a string, but got 1"),
        ({"min_iter": True}, "min_iter must be an integer, but got True"),
    ],
)
def test_argument_of_a_wrong_type_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        RangeTest(**arguments)


def test_a_resumed_range_test_continues_bit_for_bit() -> None:
    losses = np.random.default_rng(1).normal(2.0, 0.3, 100).tolist()
    whole = drive(RangeTest(), losses)
    resumed = RangeTest()
    resumed.load_state_dict(json.loads(json.dumps(drive(RangeTest(), losses[:37]).state_dict(), allow_nan=False)))
    assert drive(resumed, losses[37:]).result() == whole.result()


@pytest.mark.parametrize("done", [0, 1, 4, 5, 12])
def test_a_test_with_every_option_resumes_bit_for_bit(done: int) -> None:
    def make() -> RangeTest:
        return RangeTest([0.1, 0.01], 1.0, 10, 0.9, step_mode="linear", batches_per_lr=3, align="effect", min_iter=2)

    losses = np.random.default_rng(2).normal(2.0, 0.3, 31).tolist()
    whole, first, resumed = drive(make(), losses, metric=0.5), drive(make(), losses[:done], metric=0.5), make()
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    assert resumed.group_lrs == first.group_lrs
    assert drive(resumed, losses[done:], metric=0.5).state_dict() == whole.state_dict()
    for column in ("recorded_group_lrs", "losses", "smoothed_losses", "metrics"):
        np.testing.assert_array_equal(getattr(resumed, column), getattr(whole, column))


@pytest.mark.parametrize("losses", [[1.0, 9.0], [1.0, 2.0, NAN], [1.0] * 6, [1.0, 2.0, 3.0]])
def test_a_stopped_test_is_restored_as_stopped(losses: list[float]) -> None:
    stopped = drive(RangeTest(num_iter=6, beta=0.0), losses)
    stopped.stop(StopReason.interrupted)
    restored = drive(RangeTest(num_iter=6, beta=0.0), [7.0])
    restored.load_state_dict(json.loads(json.dumps(stopped.state_dict(), allow_nan=False)))
    assert restored.result() == stopped.result()


def test_a_state_of_another_test_is_refused_and_changes_nothing() -> None:
    range_test = drive(RangeTest(), [1.0])
    before = range_test.state_dict()
    with pytest.raises(ValueError, match=r"^lrs\[0\] must be this range test's learning rates \[1e-05\], but got"):
        range_test.load_state_dict(drive(RangeTest(0.1), [1.0]).state_dict())
    with pytest.raises(ValueError, match=r"^the state's version must be 2, but got 1$"):
        range_test.load_state_dict({**before, "version": 1})
    assert range_test.state_dict() == before


# The result


def example(stop_reason: StopReason = StopReason.nonfinite) -> RangeTestResult:
    return RangeTestResult([0.1, 0.2, 0.4], [2.0, 1.0, NAN], [2.0, 1.5, NAN], stop_reason)


def test_the_result_has_the_recorded_points() -> None:
    range_test = drive(RangeTest(num_iter=4), [3.0, 2.0, NAN])
    result = range_test.result()
    for column in ("lrs", "losses", "smoothed_losses"):
        np.testing.assert_array_equal(getattr(result, column), getattr(range_test, column))
        assert getattr(result, column).dtype == np.float64
    assert result.stop_reason is StopReason.nonfinite


def test_the_result_has_the_columns_that_were_recorded() -> None:
    range_test = RangeTest([0.1, 0.01], 1.0, 3)
    for loss in (3.0, 2.0, 1.0):
        range_test.record(loss, training_loss=loss / 2, metric=loss / 4)
    result = range_test.result()
    np.testing.assert_array_equal(result.group_lrs, range_test.recorded_group_lrs)
    np.testing.assert_array_equal(result.training_losses, [1.5, 1.0, 0.5])
    np.testing.assert_array_equal(result.metrics, [0.75, 0.5, 0.25])


def test_the_result_of_one_group_has_no_further_columns() -> None:
    result = drive(RangeTest(num_iter=2), [1.0, 1.0]).result()
    assert (result.group_lrs, result.training_losses, result.metrics) == (None, None, None)


def test_stopping_before_the_first_update_gives_an_empty_result() -> None:
    range_test = RangeTest()
    range_test.stop(StopReason.interrupted)
    result = range_test.result()
    assert result.lrs.shape == (0,)
    assert result.suggestion().reason == "0 of 0 losses are finite, but at least 15 are needed"


def test_the_arrays_are_copies_that_cannot_be_written() -> None:
    losses = np.array([2.0, 1.0])
    result = RangeTestResult([0.1, 0.2], losses, losses, StopReason.finished)
    losses[0] = 9.0
    assert result.losses.tolist() == [2.0, 1.0]
    for other in (result, pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        for column in (other.lrs, other.losses, other.smoothed_losses):
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 1.0


def test_it_compares_by_content() -> None:
    assert example() == example()
    assert example() == pickle.loads(pickle.dumps(example()))
    assert example() != example(StopReason.diverged)
    assert example() != RangeTestResult([0.1, 0.2, 0.4], [2.0, 1.0, 0.5], [2.0, 1.5, NAN], StopReason.nonfinite)
    assert example() != RangeTestResult([0.1], [2.0], [2.0], StopReason.nonfinite)
    assert example() != "result"


def test_smoothing_can_be_redone_from_the_raw_losses() -> None:
    losses = np.random.default_rng(2).normal(2.0, 0.3, 100)
    once = drive(RangeTest(beta=0.98), losses.tolist()).result()
    again = drive(RangeTest(beta=0.5), losses.tolist()).result()
    np.testing.assert_array_equal(once.smoothed(0.5), again.smoothed_losses)
    np.testing.assert_array_equal(once.smoothed(0), losses)


def test_smoothing_keeps_non_finite_losses() -> None:
    result = RangeTestResult([0.1, 0.2, 0.4], [3.0, INF, 6.0], [0.0, 0.0, 0.0], StopReason.finished)
    np.testing.assert_allclose(result.smoothed(0.5), [3.0, INF, 5.0])


def test_a_dict_without_a_field_or_with_a_wrong_type_is_refused() -> None:
    content = example().to_dict()
    with pytest.raises(TypeError, match=r"^losses\[1\] must be a number, but got 'many'$"):
        RangeTestResult.from_dict({**content, "losses": [1, "many", 2]})
    del content["losses"]
    with pytest.raises(ValueError, match=r"^a range test result lacks the field 'losses'$"):
        RangeTestResult.from_dict(content)


def test_a_result_needs_a_stop_reason() -> None:
    with pytest.raises(TypeError, match=r"^stop_reason must be a StopReason, but got 'finished'$"):
        RangeTestResult([0.1], [1.0], [1.0], "finished")  # type: ignore[arg-type]


def test_the_suggestion_is_read_from_the_raw_losses() -> None:
    lrs = np.geomspace(1e-5, 1.0, 101)
    losses = 2.3 - 1 / (1 + (1e-3 / lrs) ** 2)
    found = RangeTestResult(lrs, losses, np.zeros(101), StopReason.finished).suggestion()
    assert found.lr is not None
    assert math.isclose(found.lr, 1e-3, rel_tol=0.02)
