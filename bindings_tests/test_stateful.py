from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lrcore._core as _core

NAN, INF = math.nan, math.inf


def ema(values: list[float]) -> Any:
    average = _core.Ema(0.9)
    for value in values:
        average.update(value)
    return average


def detector(losses: list[float]) -> Any:
    judge = _core.DivergenceDetector(4.0)
    for loss in losses:
        judge.update(loss)
    return judge


def range_test(losses: list[float]) -> Any:
    test = _core.RangeTest([1e-5, 1e-3], [10.0, 1.0], 10, 0.9, 4.0, "exp", 2, "used", 0)
    for loss in losses:
        test.record(loss, training_loss=None, metric=2 * loss)
    return test


def plateau(metrics: list[float]) -> Any:
    controller = _core.Plateau("min", 0.1, 1, 1e-4, "rel", 2, "torch", "bad")
    for metric in metrics:
        controller.update(metric, [1.0], [0.0], [0.0])
    return controller


MAKERS = [ema, detector, range_test, plateau]
KEYS = {
    ema: {"mean", "count"},
    detector: {"first", "best"},
    range_test: {"lrs", "losses", "training_losses", "metrics", "stop_reason"},
    plateau: {"best", "num_bad", "cooldown_left", "step"},
}
VERSIONS = {ema: 1, detector: 1, range_test: 2, plateau: 2}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("history", [[], [1.0], [2.0, 1.0, 1.0, 1.0], [1.0, 0.5, NAN], [INF]])
def test_state_is_strict_json_and_restores_the_same_state(make: Callable[..., Any], history: list[float]) -> None:
    state = make(history).state_dict()
    assert state["version"] == VERSIONS[make]
    assert state.keys() == KEYS[make] | {"version"}
    restored = make([3.0])
    restored.load_state_dict(json.loads(json.dumps(state, allow_nan=False)))
    assert restored.state_dict() == state


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("version", [3, 0, "1", None])
def test_a_state_of_another_version_is_refused(make: Callable[..., Any], version: Any) -> None:
    state = {**make([1.0]).state_dict(), "version": version}
    check_refused(make, state, f"the state's version must be {VERSIONS[make]}, but got {version!r}")


def test_a_range_test_does_not_take_the_state_of_version_1() -> None:
    state = {"version": 1, "lrs": [1e-5], "losses": [1.0], "stop_reason": None}
    check_refused(range_test, state, "the state's version must be 2, but got 1")


@pytest.mark.parametrize("make", MAKERS)
def test_a_state_without_one_of_its_keys_is_refused(make: Callable[..., Any]) -> None:
    state = make([1.0]).state_dict()
    for key in state:
        check_refused(make, {k: v for k, v in state.items() if k != key}, f"the state has no key '{key}'")


@pytest.mark.parametrize("make", MAKERS)
def test_a_state_with_an_unknown_key_is_refused(make: Callable[..., Any]) -> None:
    check_refused(make, {**make([1.0]).state_dict(), "lr": 0.1}, "the state has an unknown key 'lr'")


@pytest.mark.parametrize(
    ("make", "key", "value", "error", "message"),
    [
        (ema, "mean", "a", TypeError, "mean must be a number, but got 'a'"),
        (ema, "mean", True, TypeError, "mean must be a number, but got True"),
        (ema, "count", 1.0, TypeError, "count must be an integer, but got 1.0"),
        (ema, "count", -1, ValueError, "count must be at least 0, but got -1"),
        (ema, "count", 2**63, ValueError, "count must fit in 64 bits, but got 9223372036854775808"),
        (detector, "best", None, ValueError, "first and best must both be numbers or both be None"),
        (detector, "best", 7.0, ValueError, "best must not be greater than first=1.0, but got 7.0"),
        (range_test, "lrs", 1.0, TypeError, "lrs must be a list, but got 1.0"),
        (range_test, "lrs", [1.0], TypeError, "lrs[0] must be a list, but got 1.0"),
        (range_test, "lrs", [[1.0, "a"]], TypeError, "lrs[0][1] must be a number, but got 'a'"),
        (range_test, "lrs", [[1e-5]], ValueError,
         "lrs[0] must be this range test's learning rates [1e-05, 0.001], but got [1e-05]"),
        (range_test, "lrs", [], ValueError, "len(lrs) must be len(losses) = 1, but got 0"),
        (range_test, "metrics", [], ValueError, "len(metrics) must be len(losses) = 1, but got 0"),
        (range_test, "metrics", 1.0, TypeError, "metrics must be a list, but got 1.0"),
        (range_test, "losses", [None], TypeError, "losses[0] must be a number, but got None"),
        (range_test, "stop_reason", 1, TypeError, "stop_reason must be a string or None, but got 1"),
        (plateau, "best", "nan", ValueError, "best must be a finite number, but got nan"),
        (plateau, "num_bad", -1, ValueError, "num_bad must be at least 0, but got -1"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_name(
    make: Callable[..., Any], key: str, value: Any, error: type[Exception], message: str
) -> None:
    check_refused(make, {**make([1.0]).state_dict(), key: value}, message, error)


def check_refused(make: Callable[..., Any], state: dict[str, Any], message: str, error: type = ValueError) -> None:
    target = make([2.0, 1.5])
    before = target.state_dict()
    with pytest.raises(error) as caught:
        target.load_state_dict(state)
    assert str(caught.value) == message
    assert target.state_dict() == before


def test_ema_is_the_corrected_average() -> None:
    average = _core.Ema(0.5)
    assert (average.value, average.count, average.beta) == (None, 0, 0.5)
    # m = 2, 5, 8.5 over 1/2, 3/4, 7/8
    assert [average.update(x) for x in (4.0, 8.0, 12.0)] == pytest.approx([4.0, 5 / 0.75, 8.5 / 0.875], rel=1e-15)
    assert average.value == pytest.approx(8.5 / 0.875, rel=1e-15)
    assert average.count == 3


def test_smooth_is_the_weighted_mean_of_all_values_so_far() -> None:
    values = np.random.default_rng(0).normal(size=50)
    weights = 0.9 ** np.arange(50)
    expected = [np.average(values[: t + 1][::-1], weights=weights[: t + 1]) for t in range(50)]
    np.testing.assert_allclose(_core.smooth(values, 0.9), expected, rtol=1e-12, atol=1e-14)


def test_smooth_takes_any_real_vector_and_nothing_else() -> None:
    np.testing.assert_array_equal(_core.smooth([1, 2], 0.0), [1.0, 2.0])
    np.testing.assert_array_equal(_core.smooth(np.arange(6, dtype=np.float32)[::2], 0.0), [0.0, 2.0, 4.0])
    assert _core.smooth([], 0.5).shape == (0,)
    with pytest.raises(ValueError, match=r"^values must have 1 dimension, but got 2$"):
        _core.smooth(np.ones((2, 2)), 0.5)
    with pytest.raises(ValueError, match=r"^beta must be at least 0 and less than 1, but got 1\.0$"):
        _core.smooth([1.0], 1.0)


def test_verdicts_and_stop_reasons_are_enums() -> None:
    assert [v.name for v in _core.Verdict] == ["ok", "diverged", "nonfinite"]
    assert [r.name for r in _core.StopReason] == ["finished", "diverged", "nonfinite", "data_exhausted", "interrupted"]


def test_detector_gives_verdicts() -> None:
    judge = _core.DivergenceDetector(4.0)
    assert judge.best is None
    verdicts = [judge.update(loss) for loss in (2.0, 1.0, NAN, 4.0, 4.1, -INF)]
    names = ["ok", "ok", "nonfinite", "ok", "diverged", "nonfinite"]
    assert verdicts == [_core.Verdict[name] for name in names]
    assert (judge.best, judge.factor) == (1.0, 4.0)


def test_plateau_reduces_as_torch_does() -> None:
    controller = _core.Plateau("min", 0.1, 2, 1e-4, "rel", 2, "torch", "bad")
    events = [controller.update(1.0, [1.0, 0.2], [0.25, 0.25], [0.0, 0.0]) for _ in range(16)]
    assert [event for event in events if event] == [(step, 3, [0.25, 0.2]) for step in (3, 8, 13)]
    assert (controller.best, controller.num_bad, controller.cooldown_left, controller.step) == (1.0, 0, 0, 16)


def test_plateau_takes_one_bound_for_each_lr() -> None:
    controller = _core.Plateau("min", 0.1, 2, 1e-4, "rel", 2, "torch", "bad")
    with pytest.raises(ValueError, match=r"^len\(min_lrs\) must be len\(lrs\)=2, but got 1$"):
        controller.update(1.0, [1.0, 0.2], [0.0], [0.0, 0.0])
    assert controller.step == 0


def test_bad_arguments_are_value_errors_that_name_them() -> None:
    with pytest.raises(ValueError, match=r"^mode must be 'min' or 'max', but got 'auto'$"):
        _core.Plateau("auto", 0.1, 2, 1e-4, "rel", 0, "torch", "bad")
    with pytest.raises(ValueError, match=r"^factor must be a finite number greater than 1, but got 1\.0$"):
        _core.DivergenceDetector(1.0)
