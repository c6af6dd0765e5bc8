"""Differences between ReduceLROnPlateau in Keras and elsewhere, row by row: as in Keras, or right where it is wrong."""

from __future__ import annotations

import math
from typing import Any

import keras
import pytest

from lrcore.keras import ReduceLROnPlateau
from tests.support.keras_plateau import lrs, reductions

FLAT = [1.0] * 11
KerasReduceLROnPlateau = keras.callbacks.ReduceLROnPlateau


def same_as_keras(metrics: list[float], **arguments: Any) -> list[int]:
    ours = reductions(ReduceLROnPlateau, metrics, **arguments)
    assert ours == reductions(KerasReduceLROnPlateau, metrics, **arguments)
    return ours


def test_row_better_test() -> None:
    assert same_as_keras([8.0, 7.5], min_delta=0.5, patience=1) == [1]
    assert same_as_keras([8.0, 7.25], min_delta=0.5, patience=1) == []


def test_row_better_test_in_float64() -> None:
    """Keras compares in float32, in which 10^8 - 1 is 10^8."""
    metrics = [1e8 - epoch for epoch in range(4)]
    assert reductions(ReduceLROnPlateau, metrics, patience=3) == []
    assert reductions(KerasReduceLROnPlateau, metrics, patience=3) == [3]


def test_row_better_test_relative() -> None:
    for metric, expected in [(7.2, [1]), (7.19, [])]:
        options = {"min_delta": 0.1, "threshold_mode": "rel", "patience": 1}
        assert reductions(ReduceLROnPlateau, [8.0, metric], **options) == expected


@pytest.mark.parametrize(("patience", "first"), [(0, 1), (1, 1), (2, 2), (5, 5)])
def test_row_patience(patience: int, first: int) -> None:
    assert same_as_keras(FLAT, patience=patience)[0] == first


def test_row_flat_metric() -> None:
    assert same_as_keras(FLAT, patience=2) == [2, 4, 6, 8, 10]
    assert reductions(ReduceLROnPlateau, FLAT, patience=2, compat="torch") == [3, 6, 9]


@pytest.mark.parametrize(
    ("cooldown", "expected"), [(0, [2, 4, 6, 8, 10]), (1, [2, 4, 6, 8, 10]), (2, [2, 5, 8]), (3, [2, 6, 10])]
)
def test_row_cooldown(cooldown: int, expected: list[int]) -> None:
    assert same_as_keras(FLAT, patience=2, cooldown=cooldown) == expected


def test_row_improvement_during_cooldown() -> None:
    assert same_as_keras([1.0, 1.0, 0.5, 0.6, 0.6], patience=1, cooldown=3) == [1, 4]
    assert same_as_keras([1.0, 1.0, 0.5, 0.6, 0.4], patience=1, cooldown=3) == [1]


def test_row_small_scale_loss() -> None:
    """Keras' min_delta of 1e-4 is more than the whole loss: it cuts all the way, unless told to measure by |best|."""
    small = [1e-5 * 0.9**epoch for epoch in range(9)]
    assert same_as_keras(small, patience=2) == [2, 4, 6, 8]
    assert reductions(ReduceLROnPlateau, small, patience=2, threshold_mode="rel") == []


@pytest.mark.parametrize("threshold_mode", ["abs", "rel"])
def test_row_negative_metric_slowly_worsening(threshold_mode: str) -> None:
    worsening = [-1.0 + 1e-6 * epoch for epoch in range(7)]
    assert same_as_keras(worsening, patience=2) == [2, 4, 6]
    assert reductions(ReduceLROnPlateau, worsening, patience=2, threshold_mode=threshold_mode) == [2, 4, 6]


def test_row_first_metric_nan() -> None:
    """Keras takes it for the best, which nothing ever beats."""
    metrics = [math.nan, *(2.0**-epoch for epoch in range(6))]
    assert reductions(ReduceLROnPlateau, metrics, patience=2) == []
    assert reductions(KerasReduceLROnPlateau, metrics, patience=2) == [2, 4, 6]


@pytest.mark.parametrize(("nan", "expected"), [("bad", [2, 5]), ("ignore", [6])])
def test_row_nan_policy(nan: str, expected: list[int]) -> None:
    metrics = [1.0, math.nan, math.inf, 0.5, math.nan, 0.5, 0.5]
    assert reductions(ReduceLROnPlateau, metrics, patience=2, nan=nan) == expected


def test_row_nan_policy_raise() -> None:
    with pytest.raises(ValueError, match=r"^metric must be a finite number, but got nan$"):
        lrs(ReduceLROnPlateau("loss", nan="raise"), [1.0, math.nan])


def test_row_eps_no_lr_is_too_small_to_be_reduced() -> None:
    callbacks = ReduceLROnPlateau("loss", patience=1), KerasReduceLROnPlateau("loss", patience=1)
    ours, peer = (lrs(callback, FLAT[:2], lr=1.1e-8) for callback in callbacks)
    assert ours == peer
    assert ours[-1] == pytest.approx(1.1e-9, rel=1e-6)


def test_an_integer_lr_is_reduced_to_a_fraction() -> None:
    """tensorflow #45261: it stayed an integer, and fell to 0."""
    assert lrs(ReduceLROnPlateau("loss", factor=0.5, patience=1), FLAT[:3], lr=1) == [1.0, 0.5, 0.25]


def test_row_wait_continues_at_min_lr() -> None:
    """An lr raised by hand falls at once, with Keras as with ours; in torch's way it waits for its patience anew."""
    for make, options, expected in [
        (KerasReduceLROnPlateau, {}, 0.5),
        (ReduceLROnPlateau, {}, 0.5),
        (ReduceLROnPlateau, {"compat": "torch"}, 1.0),
    ]:
        callback = make("loss", factor=0.5, patience=2, min_lr=0.25, **options)
        lrs(callback, FLAT[:8], lr=0.25)
        callback.model.optimizer.learning_rate = 1.0
        callback.on_epoch_end(8, {"loss": 1.0})
        assert float(callback.model.optimizer.learning_rate.numpy()) == expected


@pytest.mark.parametrize(("mode", "expected"), [("auto", [2, 4]), ("min", [2, 4]), ("max", [])])
def test_row_mode(mode: str, expected: list[int]) -> None:
    assert same_as_keras([1.0, 2.0, 3.0, 4.0, 5.0], mode=mode, patience=2) == expected


def test_row_mode_auto_refuses_a_metric_without_direction() -> None:
    for make in (ReduceLROnPlateau, KerasReduceLROnPlateau):
        callback = make("unheard-of")
        lrs(callback, [])
        with pytest.raises(ValueError, match="unheard-of"):
            callback.on_epoch_end(0, {"unheard-of": 1.0})


def test_row_writes_the_learning_rate_into_the_epoch_logs(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(0.0), jit_compile=False)
    callback = ReduceLROnPlateau("mae", factor=0.5, patience=1, mode="max", min_delta=1e9)
    model.optimizer.learning_rate = 0.25
    history = model.fit(*regression, epochs=3, verbose=0, callbacks=[callback]).history
    assert history["learning_rate"] == [0.25, 0.25, 0.125]


def test_row_reset_only_when_asked() -> None:
    """Keras forgets everything at the start of each `fit`, so that fits of one epoch never reduce."""
    callback, peer = (make("loss", factor=0.5, patience=2) for make in (ReduceLROnPlateau, KerasReduceLROnPlateau))
    assert [lrs(callback, [1.0]) for _ in range(4)] == [[1.0], [1.0], [0.5], [1.0]]
    assert [lrs(peer, [1.0]) for _ in range(4)] == [[1.0]] * 4
    callback.reset()
    assert [lrs(callback, [1.0]) for _ in range(3)] == [[1.0], [1.0], [0.5]]


def test_row_reports_each_reduction_and_its_cause() -> None:
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_lr=0.25)
    lrs(callback, [1.0, 0.5, 0.75, 0.75, 0.75])
    assert [(event.step, event.old_lrs, event.new_lrs) for event in callback.events] == [
        (2, (1.0,), (0.5,)),
        (3, (0.5,), (0.25,)),
    ]
    assert callback.events[0].why == "the metric 0.75 was not better than the best 0.5 by the threshold 0.0001 (abs)"
