"""lrcore.keras.SGD beside keras.optimizers.SGD in a graph of TensorFlow, as `fit` builds it."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from interleaved import median_times

import lrcore.keras
from sgd.sizes import GUIDE, MANY, RESNET, REST, TINY, Size
from sgd.table import Row

TARGETS = {TINY: 1.0, GUIDE: 1.5, MANY: 1.0, RESNET: 2.0}
OPTIONS: dict[str, Any] = {"learning_rate": 1e-3, "momentum": 0.9, "nesterov": True}


def rows() -> list[Row]:
    return [row(size, target, decay) for size, target in TARGETS.items() for decay in (0.0, 1e-4)]


def row(size: Size, target: float, weight_decay: float) -> Row:
    ours = lrcore.keras.SGD(**OPTIONS, weight_decay=weight_decay)
    theirs = keras.optimizers.SGD(**OPTIONS, weight_decay=weight_decay or None)
    candidates = {"lrcore": apply_in_graph(ours, size), "keras": apply_in_graph(theirs, size)}
    seconds = median_times(candidates, size.repeats, size.calls, rest=REST)
    label = size.label + (", decay" if weight_decay else "")
    path = getattr(ours, "path", None)
    return Row(label, seconds, {"keras": target}, f"path: {path}" if path else "")


def apply_in_graph(optimizer: keras.optimizers.Optimizer, size: Size) -> Callable[[], object]:
    """A function that updates variables by fixed gradients."""
    random = np.random.default_rng(0)
    values = [random.standard_normal(size.weights, np.float32) for _ in range(size.tensors)]
    variables = [keras.Variable(value) for value in values]
    gradients = [tf.constant(value) for value in values]
    optimizer.build(variables)

    @tf.function(jit_compile=False)
    def apply() -> None:
        optimizer.apply(gradients, variables)

    return apply
