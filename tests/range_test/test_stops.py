"""The smoothed loss of a range test, and when the test stops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lrcore import RangeTest, StopReason, Verdict

NAN, INF = float("nan"), float("inf")


def drive(range_test: RangeTest, losses: Sequence[float]) -> RangeTest:
    for loss in losses:
        range_test.record(loss)
    return range_test


def test_smoothed_losses_are_the_bias_corrected_average() -> None:
    losses = np.random.default_rng(0).normal(2.0, 0.1, 100)
    range_test = drive(RangeTest(beta=0.9), losses.tolist())
    weights = 0.9 ** np.arange(100)
    expected = [np.average(losses[: i + 1], weights=weights[: i + 1][::-1]) for i in range(100)]
    np.testing.assert_allclose(range_test.smoothed_losses, expected, rtol=1e-13)


def test_it_finishes_after_num_iter_updates() -> None:
    range_test = drive(RangeTest(num_iter=3), [1.0, 1.0])
    assert range_test.stop_reason is None
    assert range_test.record(1.0) is Verdict.ok
    assert range_test.stop_reason is StopReason.finished


def test_it_stops_on_the_smoothed_loss_not_the_raw_one() -> None:
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


@pytest.mark.parametrize("loss", [NAN, INF, -INF])
def test_a_non_finite_loss_belongs_to_the_current_point(loss: float) -> None:
    range_test = drive(RangeTest(num_iter=10, batches_per_lr=3), [1.0, 2.0, 3.0, 4.0])
    assert range_test.record(loss) is Verdict.nonfinite
    np.testing.assert_array_equal(range_test.losses, [2.0, loss])
    np.testing.assert_array_equal(range_test.smoothed_losses[1], loss)


def test_align_effect_drops_a_non_finite_first_loss() -> None:
    range_test = RangeTest(align="effect")
    assert range_test.record(NAN) is Verdict.nonfinite
    assert range_test.stop_reason is StopReason.nonfinite
    assert range_test.result().losses.shape == (0,)


def test_smoothing_and_divergence_use_the_mean_of_a_point() -> None:
    range_test = RangeTest(beta=0.5, batches_per_lr=2)
    verdicts = [range_test.record(loss) for loss in (0.5, 1.5, 9.0, 0.8, 9.0, 1.0)]
    assert verdicts == [Verdict.ok] * 5 + [Verdict.diverged]  # 9.0 alone is too much
    np.testing.assert_allclose(range_test.losses, [1.0, 4.9, 5.0], rtol=1e-15)
    np.testing.assert_allclose(range_test.smoothed_losses, [1.0, 3.6, 4.4], rtol=1e-14)


def test_it_does_not_end_as_diverged_before_min_iter_points() -> None:
    range_test = drive(RangeTest(beta=0.0, min_iter=5, batches_per_lr=2), [1.0, 1.0] + [100.0] * 6)
    assert range_test.stop_reason is None
    drive(range_test, [100.0, 100.0])
    assert range_test.stop_reason is StopReason.diverged
    assert len(range_test.losses) == 5


def test_min_iter_does_not_hold_up_a_loss_that_is_not_finite() -> None:
    assert drive(RangeTest(min_iter=5), [1.0, NAN]).stop_reason is StopReason.nonfinite


def test_negative_losses_that_fall_are_no_divergence() -> None:
    range_test = drive(RangeTest(beta=0.0), [-float(i) for i in range(100)])
    assert range_test.stop_reason is StopReason.finished


@pytest.mark.parametrize("reason", [StopReason.data_exhausted, StopReason.interrupted, StopReason.nonfinite])
def test_it_can_be_stopped_from_outside(reason: StopReason) -> None:
    range_test = drive(RangeTest(), [1.0])
    range_test.stop(reason)
    assert range_test.stop_reason is reason
    range_test.stop(StopReason.data_exhausted)
    assert range_test.stop_reason is reason


@pytest.mark.parametrize("reason", [StopReason.finished, StopReason.diverged])
def test_reasons_that_it_finds_by_itself_cannot_be_given(reason: StopReason) -> None:
    sentence = f"reason must be data_exhausted, interrupted or nonfinite, but got {reason.name}"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
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
    with pytest.raises(RuntimeError, match=r"^the range test has not stopped: 1 of 11 updates are done$"):
        drive(RangeTest(num_iter=5, batches_per_lr=2, align="effect"), [1.0]).result()
