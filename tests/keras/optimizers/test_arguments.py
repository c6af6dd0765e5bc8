"""The arguments, configuration and variables of SGD."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.keras import SGD


def test_variables_are_keras_and_one_momentum_per_variable() -> None:
    dtypes = ("float32", "bfloat16", "float32")
    variables = [keras.Variable(np.ones(i + 1), dtype=dtype, name=f"v{i}") for i, dtype in enumerate(dtypes)]
    optimizer = SGD(0.5, momentum=0.5, name="ours")
    optimizer.build(variables)
    assert [variable.path for variable in optimizer.variables] == [
        "ours/iteration",
        "ours/learning_rate",
        "ours/v0_momentum_buffer",
        "ours/v1_momentum_buffer",
        "ours/v2_momentum_buffer",
    ]
    assert [tuple(variable.shape) for variable in optimizer.variables[2:]] == [(1,), (2,), (3,)]


def test_without_momentum_there_are_no_buffers() -> None:
    optimizer = SGD(0.5)
    optimizer.build([keras.Variable([1.0])])
    assert (optimizer.momentum_buffers, len(optimizer.variables)) == ([], 2)


def test_config_round_trip_keeps_every_argument() -> None:
    optimizer = SGD(0.25, momentum=0.5, weight_decay=0.125, nesterov=True, name="ours", clipnorm=2.0)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(copy) is SGD
    assert copy.get_config() == optimizer.get_config()
    config = copy.get_config()
    expected = {"learning_rate": 0.25, "momentum": 0.5, "weight_decay": 0.125, "nesterov": True, "clipnorm": 2.0}
    assert {name: config[name] for name in expected} == expected


def test_an_integer_learning_rate_is_a_number() -> None:
    assert float(keras.ops.convert_to_numpy(SGD(1).learning_rate)) == 1.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"learning_rate": -0.1}, "learning_rate must be finite and not negative, but got -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate must be finite and not negative, but got nan"),
        ({"momentum": -0.9}, "momentum must be finite and not negative, but got -0.9"),
        ({"momentum": 1.0}, "momentum must be less than 1, but got 1.0"),
        ({"weight_decay": float("inf")}, "weight_decay must be finite and not negative, but got inf"),
        ({"nesterov": True}, "momentum must be greater than 0 with nesterov, but got 0.0"),
    ],
)
def test_bad_arguments_are_named(options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        SGD(**options)
