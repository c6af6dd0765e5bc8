"""ReduceLROnPlateau against Keras' own, epoch by epoch."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.keras import ReduceLROnPlateau
from tests.support.keras_plateau import lrs

SEQUENCES = {
    "flat": [1.0] * 16,
    "improving": [1.0 / (1 + epoch) for epoch in range(16)],
    "noisy": np.random.default_rng(3).normal(1.0, 0.3, size=40).tolist(),
    "slowly falling and noisy": (np.linspace(2, 1, 40) + np.random.default_rng(4).normal(0, 0.1, 40)).tolist(),
    "negative": (-np.linspace(1, 2, 20) + np.random.default_rng(5).normal(0, 0.2, 20)).tolist(),
}


@pytest.mark.parametrize("metrics", SEQUENCES.values(), ids=SEQUENCES.keys())
@pytest.mark.parametrize("mode", ["min", "max"])
def test_lrs_match_keras_for_every_patience_and_cooldown(metrics: list[float], mode: str) -> None:
    for patience, cooldown in itertools.product(range(4), range(4)):
        options = {"factor": 0.5, "patience": patience, "cooldown": cooldown, "mode": mode, "min_lr": 0.01}
        ours = lrs(ReduceLROnPlateau("loss", **options), metrics)
        assert ours == lrs(keras.callbacks.ReduceLROnPlateau("loss", **options), metrics), (patience, cooldown)


def test_state_survives_json_with_an_automatic_direction(compiled: Any, regression: Any) -> None:
    first, second = (ReduceLROnPlateau("loss", factor=0.5, patience=3) for _ in range(2))
    lrs(first, [1.0, 1.0, 1.0])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert lrs(second, [1.0]) == [0.5]


def test_a_state_of_another_version_is_refused() -> None:
    callback = ReduceLROnPlateau("loss")
    with pytest.raises(ValueError, match="the state's version must be 2, but got 1"):
        callback.load_state_dict({**callback.state_dict(), "version": 1})


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


def test_an_unknown_monitor_warns_and_reduces_nothing() -> None:
    with pytest.warns(UserWarning, match="monitor='val_loss' is not among the metrics"):
        assert lrs(ReduceLROnPlateau(patience=1), [1.0, 1.0]) == [1.0, 1.0]


def test_verbose_prints_each_reduction_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    lrs(ReduceLROnPlateau("loss", factor=0.5, patience=1, verbose=1, min_lr=0.5), [1.0] * 4)
    assert capsys.readouterr().out == "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.5: " + (
        "the metric 1.0 was not better than the best 1.0 by the threshold 0.0001 (abs).\n"
    )


@pytest.mark.parametrize("min_lr", [0.1, 0.7])
def test_an_lr_at_its_bound_in_float32_is_not_said_to_fall(min_lr: float) -> None:
    """0.1 in float32 is above 0.1, and 0.7 below: neither may seem to fall any more."""
    callback = ReduceLROnPlateau("loss", factor=0.01, patience=1, min_lr=min_lr)
    assert lrs(callback, [1.0] * 5)[1:] == [float(np.float32(min_lr))] * 4
    assert len(callback.events) == 1


def test_learning_rate_schedule_is_refused(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100)))
    with pytest.raises(ValueError, match="learning_rate of the optimizer must be a number for ReduceLROnPlateau"):
        model.fit(*regression, verbose=0, callbacks=[ReduceLROnPlateau("loss")])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: ReduceLROnPlateau(factor=1.0), "factor must"),
        (lambda: ReduceLROnPlateau(factor=-0.5), "factor must"),
        (lambda: ReduceLROnPlateau(patience=-1), "patience must be at least 0, but got -1"),
        (lambda: ReduceLROnPlateau(compat="optax"), "compat must be 'torch' or 'keras', but got 'optax'"),
        (lambda: ReduceLROnPlateau(nan="skip"), "nan must be 'ignore', 'bad' or 'raise', but got 'skip'"),
        (lambda: ReduceLROnPlateau(threshold_mode="x"), "threshold_mode must be 'rel' or 'abs', but got 'x'"),
        (lambda: ReduceLROnPlateau(mode="up"), "mode must be 'auto', 'min' or 'max', but got 'up'"),
        (lambda: ReduceLROnPlateau(min_delta=-1.0), "min_delta must be finite and not negative, but got -1.0"),
        (lambda: ReduceLROnPlateau(cooldown=-2), "cooldown must be at least 0, but got -2"),
        (lambda: ReduceLROnPlateau(min_lr=float("nan")), "min_lr must be finite and not negative, but got nan"),
    ],
)
def test_bad_arguments_raise_at_construction_and_are_named(build: Callable[[], Any], sentence: str) -> None:
    with warnings.catch_warnings(), pytest.raises(ValueError, match="^" + re.escape(sentence)):
        build()


def test_the_monitor_is_a_name_and_a_state_a_mapping() -> None:
    with pytest.raises(TypeError, match=r"^monitor must be a string, but got 3$"):
        ReduceLROnPlateau(monitor=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^the state of a Plateau must be a mapping, but got NoneType$"):
        ReduceLROnPlateau("loss").load_state_dict(None)  # type: ignore[arg-type]
