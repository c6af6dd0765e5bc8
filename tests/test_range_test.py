"""The range test driven by hand, and the result it leaves."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import Exponential, RangeTest, RangeTestResult, StopReason, Verdict

NAN, INF = float("nan"), float("inf")


def drive(range_test: RangeTest, losses: list[float]) -> RangeTest:
    for loss in losses:
        range_test.record(loss)
    return range_test


# The test


def test_lrs_are_geometric_and_exact_at_both_ends() -> None:
    range_test = drive(RangeTest(1e-5, 10.0, 400), [1.0] * 400)
    with mpmath.workdps(50):
        start, ratio = mpmath.mpf(1e-5), mpmath.mpf(10) / mpmath.mpf(1e-5)
        exact = [float(start * ratio ** (mpmath.mpf(i) / 399)) for i in range(400)]
    np.testing.assert_allclose(range_test.lrs, exact, rtol=4 * 2**-52)
    assert range_test.lrs[0] == 1e-5
    assert range_test.lrs[-1] == 10.0


def test_the_lr_recorded_with_a_loss_is_the_lr_that_the_update_used() -> None:
    range_test = RangeTest(1e-3, 1.0, 50)
    used = []
    while range_test.stop_reason is None:
        used.append(range_test.lr)
        assert range_test.lr == used[-1]
        range_test.record(float(len(used)) ** 0.1)
    assert range_test.lrs.tolist() == used == Exponential(1e-3, 1.0, 50).values(0, 50).tolist()
    assert range_test.losses.tolist() == [float(i) ** 0.1 for i in range(1, 51)]


def test_smoothed_losses_are_the_bias_corrected_average() -> None:
    losses = np.random.default_rng(0).normal(2.0, 0.1, 100)
    range_test = drive(RangeTest(beta=0.9), losses.tolist())
    weights = 0.9 ** np.arange(100)
    expected = [np.average(losses[: i + 1], weights=weights[: i + 1][::-1]) for i in range(100)]
    np.testing.assert_allclose(range_test.smoothed_losses, expected, rtol=1e-13)


def test_defaults_are_those_of_the_guide() -> None:
    assert repr(RangeTest()) == (
        "RangeTest(start_lr=1e-05, end_lr=10.0, num_iter=100, beta=0.98, divergence_factor=4.0)"
    )


def test_it_finishes_after_num_iter_updates() -> None:
    range_test = drive(RangeTest(num_iter=3), [1.0, 1.0])
    assert range_test.stop_reason is None
    assert range_test.record(1.0) is Verdict.ok
    assert range_test.stop_reason is StopReason.finished


def test_it_stops_when_the_smoothed_loss_diverges_not_the_raw_one() -> None:
    range_test = RangeTest(beta=0.5)
    assert range_test.record(1.0) is Verdict.ok
    assert range_test.record(4.9) is Verdict.ok  # smoothed (0.25 + 2.45) / 0.75 = 3.6
    assert range_test.record(5.0) is Verdict.diverged  # smoothed (0.125 + 1.225 + 2.5) / 0.875 = 4.4
    assert range_test.stop_reason is StopReason.diverged
    np.testing.assert_allclose(range_test.smoothed_losses, [1.0, 3.6, 4.4], rtol=1e-14)


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_it_stops_at_once_at_a_loss_that_is_not_finite(loss: float) -> None:
    range_test = drive(RangeTest(num_iter=10), [2.0, 1.0])
    assert range_test.record(loss) is Verdict.nonfinite
    assert range_test.stop_reason is StopReason.nonfinite
    np.testing.assert_array_equal(range_test.losses, [2.0, 1.0, loss])
    np.testing.assert_array_equal(range_test.smoothed_losses[2], loss)
    assert len(range_test.lrs) == 3


def test_negative_losses_that_fall_are_no_divergence() -> None:
    range_test = drive(RangeTest(beta=0.0), [-float(i) for i in range(100)])
    assert range_test.stop_reason is StopReason.finished


@pytest.mark.parametrize("reason", [StopReason.data_exhausted, StopReason.interrupted])
def test_it_can_be_stopped_from_outside(reason: StopReason) -> None:
    range_test = drive(RangeTest(), [1.0])
    range_test.stop(reason)
    assert range_test.stop_reason is reason
    range_test.stop(StopReason.data_exhausted)
    assert range_test.stop_reason is reason


@pytest.mark.parametrize("reason", [StopReason.finished, StopReason.diverged, StopReason.nonfinite])
def test_reasons_that_it_finds_by_itself_cannot_be_given(reason: StopReason) -> None:
    with pytest.raises(ValueError, match=f"^reason must be data_exhausted or interrupted, but got {reason.name}$"):
        RangeTest().stop(reason)


def test_a_reason_must_be_a_stop_reason() -> None:
    with pytest.raises(TypeError, match=r"^reason must be a StopReason, but got 'finished'$"):
        RangeTest().stop("finished")  # type: ignore[arg-type]


def test_a_stopped_test_has_no_next_lr_and_takes_no_loss() -> None:
    range_test = drive(RangeTest(num_iter=2), [1.0, 1.0])
    sentence = r"^the range test has stopped \(finished\): there is no next update$"
    with pytest.raises(RuntimeError, match=sentence):
        _ = range_test.lr
    with pytest.raises(RuntimeError, match=sentence):
        range_test.record(1.0)
    assert len(range_test.losses) == 2


def test_a_running_test_has_no_result() -> None:
    with pytest.raises(RuntimeError, match=r"^the range test has not stopped: 1 of 5 updates are done$"):
        drive(RangeTest(num_iter=5), [1.0]).result()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"start_lr": 0}, "start_lr must be a finite number greater than 0, but got 0.0"),
        ({"start_lr": -1}, "start_lr must be a finite number greater than 0, but got -1.0"),
        ({"start_lr": 1, "end_lr": 1}, "end_lr must be greater than start_lr=1.0, but got 1.0"),
        ({"start_lr": 1, "end_lr": 0.1}, "end_lr must be greater than start_lr=1.0, but got 0.1"),
        ({"end_lr": NAN}, "end_lr must be greater than start_lr=1e-05, but got nan"),
        ({"num_iter": 1}, "num_iter must be at least 2, but got 1"),
        ({"beta": 1}, "beta must be at least 0 and less than 1, but got 1.0"),
        ({"divergence_factor": 1}, "divergence_factor must be a finite number greater than 1, but got 1.0"),
    ],
)
def test_argument_out_of_range_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTest(**arguments)


def test_a_resumed_test_goes_on_bit_for_bit() -> None:
    losses = np.random.default_rng(1).normal(2.0, 0.3, 100).tolist()
    whole = drive(RangeTest(), losses)
    resumed = RangeTest()
    resumed.load_state_dict(json.loads(json.dumps(drive(RangeTest(), losses[:37]).state_dict(), allow_nan=False)))
    assert drive(resumed, losses[37:]).result() == whole.result()


def test_a_state_of_another_test_is_refused_and_changes_nothing() -> None:
    range_test = drive(RangeTest(), [1.0])
    before = range_test.state_dict()
    with pytest.raises(ValueError, match=r"^lrs\[0\] must be this range test's learning rate 1e-05, but got 0.1$"):
        range_test.load_state_dict(drive(RangeTest(0.1), [1.0]).state_dict())
    with pytest.raises(ValueError, match=r"^the state's version must be 1, but got 2$"):
        range_test.load_state_dict({**before, "version": 2})
    assert range_test.state_dict() == before


# The result


def example(stop_reason: StopReason = StopReason.nonfinite) -> RangeTestResult:
    return RangeTestResult([0.1, 0.2, 0.4], [2.0, 1.0, NAN], [2.0, 1.5, NAN], stop_reason)


def test_the_result_is_what_was_recorded() -> None:
    range_test = drive(RangeTest(num_iter=4), [3.0, 2.0, NAN])
    result = range_test.result()
    for column in ("lrs", "losses", "smoothed_losses"):
        np.testing.assert_array_equal(getattr(result, column), getattr(range_test, column))
        assert getattr(result, column).dtype == np.float64
    assert result.stop_reason is StopReason.nonfinite


def test_a_test_stopped_before_its_first_update_has_an_empty_result() -> None:
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


def test_smoothing_leaves_what_is_not_finite_alone() -> None:
    result = RangeTestResult([0.1, 0.2, 0.4], [3.0, INF, 6.0], [0.0, 0.0, 0.0], StopReason.finished)
    np.testing.assert_allclose(result.smoothed(0.5), [3.0, INF, 5.0])


def test_the_dict_is_strict_json_and_back() -> None:
    result = RangeTestResult([0.1, 0.2, 0.4], [INF, -INF, NAN], [2.0, 1 / 3, NAN], StopReason.nonfinite)
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert content == {
        "version": 1,
        "lrs": [0.1, 0.2, 0.4],
        "losses": ["inf", "-inf", "nan"],
        "smoothed_losses": [2.0, 1 / 3, "nan"],
        "stop_reason": "nonfinite",
    }
    assert RangeTestResult.from_dict(content) == result


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "the version of a range test result must be 1, but got 2"),
        ({"x": 2}, "a range test result has no field 'x'"),
        ({"stop_reason": "tired"}, "stop_reason must be one of finished, diverged, nonfinite, data_exhausted, "
         "interrupted, but got 'tired'"),
        ({"lrs": [0.1, 0.2]}, "lrs must be one-dimensional and as long as its losses, "
         "but got shapes (2,), losses (3,), smoothed_losses (3,)"),
        ({"lrs": [0.1, 0.3, 0.2]}, "lrs must be finite, greater than 0 and increasing"),
        ({"lrs": [0.0, 0.3, 0.4]}, "lrs must be finite, greater than 0 and increasing"),
        ({"lrs": [0.1, 0.3, "inf"]}, "lrs must be finite, greater than 0 and increasing"),
    ],
)  # fmt: skip
def test_a_malformed_dict_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTestResult.from_dict({**example().to_dict(), **change})


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
