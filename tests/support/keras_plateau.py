"""Effect of a plateau callback on the learning rate of a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras


@cache
def _model() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    return model


def lrs(callback: keras.callbacks.Callback, metrics: Sequence[float], lr: float = 1.0) -> list[float]:
    """The learning rate, from `lr`, after each epoch whose metric is given."""
    model = _model()
    model.optimizer.learning_rate = lr
    callback.set_model(model)
    callback.on_train_begin()
    after = []
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"loss": metric})
        after.append(float(model.optimizer.learning_rate.numpy()))
    return after


def reductions(make: Any, metrics: Sequence[float], **arguments: Any) -> list[int]:
    """The epochs, from 0, after which the learning rate falls."""
    falling = [1.0, *lrs(make("loss", **{"factor": 0.9, **arguments}), metrics)]
    return [epoch for epoch in range(len(metrics)) if falling[epoch + 1] < falling[epoch]]
