"""ReduceLROnPlateau against Keras' own, epoch by epoch."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.keras import ReduceLROnPlateau

SEQUENCES = {
    "flat": [1.0] * 16,
    "improving": [1.0 / (1 + epoch) for epoch in range(16)],
    "noisy": np.random.default_rng(3).normal(1.0, 0.3, size=40).tolist(),
    "slowly falling and noisy": (np.linspace(2, 1, 40) + np.random.default_rng(4).normal(0, 0.1, 40)).tolist(),
    "negative": (-np.linspace(1, 2, 20) + np.random.default_rng(5).normal(0, 0.2, 20)).tolist(),
}


@cache
def _model() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    return model


def _lrs(callback: keras.callbacks.Callback, metrics: Sequence[float]) -> list[float]:
    """The learning rate, from 1, after each epoch whose metric is given."""
    model = _model()
    model.optimizer.learning_rate = 1.0
    callback.set_model(model)
    callback.on_train_begin()
    lrs = []
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"loss": metric})
        lrs.append(float(model.optimizer.learning_rate.numpy()))
    return lrs


@pytest.mark.parametrize("metrics", SEQUENCES.values(), ids=SEQUENCES.keys())
@pytest.mark.parametrize("mode", ["min", "max"])
def test_lrs_are_those_of_keras_for_every_patience_and_cooldown(metrics: list[float], mode: str) -> None:
    for patience, cooldown in itertools.product(range(4), range(4)):
        options = {"factor": 0.5, "patience": patience, "cooldown": cooldown, "mode": mode, "min_lr": 0.01}
        ours = _lrs(ReduceLROnPlateau("loss", **options), metrics)
        assert ours == _lrs(keras.callbacks.ReduceLROnPlateau("loss", **options), metrics), (patience, cooldown)


def test_a_flat_metric_is_reduced_at_every_patience_th_epoch() -> None:
    lrs = _lrs(ReduceLROnPlateau("loss", factor=0.5, patience=2), [1.0] * 7)
    assert lrs == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_state_goes_on_from_one_fit_to_the_next() -> None:
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=3)
    assert _lrs(callback, [1.0, 1.0, 1.0]) == [1.0, 1.0, 1.0]
    assert _lrs(callback, [1.0]) == [0.5]


def test_state_travels_through_json_and_keeps_an_automatic_direction(compiled: Any, regression: Any) -> None:
    first, second = (ReduceLROnPlateau("loss", factor=0.5, patience=3) for _ in range(2))
    _lrs(first, [1.0, 1.0, 1.0])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert _lrs(second, [1.0]) == [0.5]


def test_a_state_of_another_version_is_refused() -> None:
    callback = ReduceLROnPlateau("loss")
    with pytest.raises(ValueError, match="version"):
        callback.load_state_dict({**callback.state_dict(), "version": 2})


def test_a_first_metric_of_nan_is_harmless() -> None:
    metrics = [float("nan"), *(2.0**-epoch for epoch in range(8))]
    assert _lrs(ReduceLROnPlateau("loss", patience=2), metrics) == [1.0] * 9


def test_the_direction_of_a_metric_that_should_rise_is_found(regression: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse", metrics=["accuracy"])
    x, _ = regression
    rising = ReduceLROnPlateau("accuracy", factor=0.5, patience=1)

    class Rising(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["accuracy"] = epoch / 10

    model.fit(x, np.ones((44, 1)), epochs=3, verbose=0, callbacks=[Rising(), rising])
    assert float(model.optimizer.learning_rate.numpy()) == 0.5


def test_learning_rate_enters_the_history_as_with_keras(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(0.0))
    callback = ReduceLROnPlateau("mae", factor=0.5, patience=1, mode="max", min_delta=1e9)
    model.optimizer.learning_rate = 0.25
    history = model.fit(*regression, epochs=3, verbose=0, callbacks=[callback]).history
    assert history["learning_rate"] == [0.25, 0.25, 0.125]


def test_an_unknown_monitor_warns_and_reduces_nothing() -> None:
    with pytest.warns(UserWarning, match="monitor='val_loss' is not among the metrics"):
        assert _lrs(ReduceLROnPlateau(patience=1), [1.0, 1.0]) == [1.0, 1.0]


def test_verbose_prints_each_reduction_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    _lrs(ReduceLROnPlateau("loss", factor=0.5, patience=1, verbose=1, min_lr=0.5), [1.0] * 4)
    assert capsys.readouterr().out == "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.5.\n"


def test_learning_rate_schedule_is_refused(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100)))
    with pytest.raises(ValueError, match="learning_rate of the optimizer must be a number for ReduceLROnPlateau"):
        model.fit(*regression, verbose=0, callbacks=[ReduceLROnPlateau("loss")])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: ReduceLROnPlateau(factor=1.0), "factor must"),
        (lambda: ReduceLROnPlateau(factor=-0.5), "factor must"),
        (lambda: ReduceLROnPlateau(patience=-1), "patience must not be negative, but got -1"),
        (lambda: ReduceLROnPlateau(mode="up"), "mode must be 'auto', 'min' or 'max', but got 'up'"),
        (lambda: ReduceLROnPlateau(min_delta=-1.0), "min_delta must not be negative, but got -1.0"),
        (lambda: ReduceLROnPlateau(cooldown=-2), "cooldown must not be negative, but got -2"),
        (lambda: ReduceLROnPlateau(min_lr=float("nan")), "min_lr must not be negative, but got nan"),
    ],
)
def test_bad_arguments_raise_at_construction_and_are_named(build: Callable[[], Any], sentence: str) -> None:
    with warnings.catch_warnings(), pytest.raises(ValueError, match="^" + re.escape(sentence)):
        build()
