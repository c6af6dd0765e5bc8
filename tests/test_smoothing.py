"""The bias-corrected average, step by step and over an array, and the smoothing without lag."""

from __future__ import annotations

import json
import re
from typing import Any

import mpmath
import numpy as np
import pytest

from lrcore import ExponentialMovingAverage, smooth
from lrcore.smoothing import smooth_centred

LOSSES = np.random.default_rng(0).normal(2.0, 0.5, 400)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.98, 0.999])
def test_smooth_is_the_weighted_mean_of_the_definition(beta: float) -> None:
    expected = []
    with mpmath.workdps(50):
        weighted, weights = mpmath.mpf(0), mpmath.mpf(0)
        for loss in LOSSES.tolist():
            weighted = mpmath.mpf(beta) * weighted + mpmath.mpf(loss)
            weights = mpmath.mpf(beta) * weights + 1
            expected.append(float(weighted / weights))
    np.testing.assert_allclose(smooth(LOSSES, beta), expected, rtol=1e-13)


def test_update_matches_smooth_bit_for_bit() -> None:
    average = ExponentialMovingAverage(0.9)
    assert [average.update(loss) for loss in LOSSES] == smooth(LOSSES, 0.9).tolist()


def test_a_constant_is_unchanged() -> None:
    np.testing.assert_allclose(smooth(np.full(400, 2.3), 0.98), 2.3, rtol=1e-13)


def test_without_beta_the_last_value_counts_alone() -> None:
    assert smooth([3.0, 1.0, 2.0], beta=0).tolist() == [3.0, 1.0, 2.0]


def test_default_beta_matches_the_guide() -> None:
    assert ExponentialMovingAverage().beta == 0.98
    assert smooth(LOSSES).tolist() == smooth(LOSSES, 0.98).tolist()


def test_value_and_count_follow_the_updates() -> None:
    average = ExponentialMovingAverage(0.5)
    assert (average.value, average.count) == (None, 0)
    average.update(3)
    average.update(np.float32(6))
    assert (average.value, average.count) == (5.0, 2)


def test_smooth_takes_lists_and_other_dtypes_and_nothing() -> None:
    assert smooth([1, 1, 1], 0.5).tolist() == [1.0, 1.0, 1.0]
    assert smooth(np.array([1, 3], dtype=np.float32)[::-1], 0.0).tolist() == [3.0, 1.0]
    assert smooth([], 0.5).shape == (0,)


def test_state_goes_through_json_and_on() -> None:
    first, second = ExponentialMovingAverage(0.9), ExponentialMovingAverage(0.9)
    for loss in LOSSES[:100]:
        first.update(loss)
    second.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    assert [first.update(loss) for loss in LOSSES[100:]] == [second.update(loss) for loss in LOSSES[100:]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "the state's version must be 1, but got 2"),
        ({"weight": 1}, "the state has an unknown key 'weight'"),
        ({"count": -1}, "count must be at least 0, but got -1"),
    ],
)
def test_another_state_is_refused_and_changes_nothing(change: dict[str, Any], sentence: str) -> None:
    average = ExponentialMovingAverage(0.9)
    average.update(2.0)
    before = average.state_dict()
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        average.load_state_dict({**before, **change})
    assert average.state_dict() == before


@pytest.mark.parametrize("beta", [-0.1, 1.0, float("nan")])
def test_beta_out_of_range_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=f"^beta must be at least 0 and less than 1, but got {beta}$"):
        ExponentialMovingAverage(beta)
    with pytest.raises(ValueError, match=f"^beta must be at least 0 and less than 1, but got {beta}$"):
        smooth([1.0], beta)


def test_a_non_curve_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^losses must be one-dimensional, but got shape \(1, 1\)$"):
        smooth([[1.0]])
    with pytest.raises(TypeError, match=r"^x must be a number, but got '1'$"):
        ExponentialMovingAverage().update("1")  # type: ignore[arg-type]


def test_centred_smoothing_keeps_lines_and_symmetric_steps() -> None:
    line = np.linspace(5.0, 1.0, 100)
    np.testing.assert_allclose(smooth_centred(line)[10:-10], line[10:-10], rtol=1e-12)
    step = np.where(np.arange(101) < 50, 1.0, 0.0)
    step[50] = 0.5
    np.testing.assert_allclose(smooth_centred(step), 1.0 - smooth_centred(step)[::-1], atol=1e-15)
    assert smooth_centred(step)[50] == 0.5


def test_centred_smoothing_takes_away_single_spikes() -> None:
    losses = np.ones(100)
    losses[[20, 50, 99]] = 1e6
    assert smooth_centred(losses).tolist() == [1.0] * 100
