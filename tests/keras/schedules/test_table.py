"""`Schedule` as a Keras object: table, configuration and callers."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore import Constant, Cosine, Linear, Tabulated, Until, Warmup
from lrcore.keras import Schedule
from tests.support.schedule_examples import EXAMPLES

LEARNING_RATES = [example for example in EXAMPLES if example.quantity == "learning rate"]
HALVING = Schedule(Tabulated([1.0, 0.5, 0.25, 0.125]), total_steps=4)


@pytest.mark.parametrize("schedule", LEARNING_RATES, ids=lambda schedule: schedule.name)
def test_any_schedule_has_its_table_and_comes_back_from_json(schedule: Any) -> None:
    table = Schedule(schedule, total_steps=200)
    saved = json.dumps(keras.optimizers.schedules.serialize(table))
    loaded = keras.optimizers.schedules.deserialize(json.loads(saved))
    assert (loaded.schedule, loaded.total_steps) == (schedule, 200)
    for made in table, loaded:
        np.testing.assert_array_equal(made(np.arange(200)), np.float32(schedule.values(0, 200)))


def test_repr_rebuilds_it_and_copies_work() -> None:
    assert repr(HALVING) == "Schedule(Tabulated(lrs=(1.0, 0.5, 0.25, 0.125)), total_steps=4)"
    for made in copy.deepcopy(HALVING), pickle.loads(pickle.dumps(HALVING)):
        assert (repr(made), float(made(2))) == (repr(HALVING), 0.25)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_can_be_traced_alone_for_steps_of_any_size(jit_compile: bool) -> None:
    traced = tf.function(HALVING, jit_compile=jit_compile)
    for dtype, last in ("int32", 2**31 - 1), ("int64", 2**63 - 1):
        assert traced(tf.constant([0, 1, 3, last], dtype)).numpy().tolist() == [1.0, 0.5, 0.125, 0.125]


def test_values_are_the_float64_where_keras_computes_in_float64() -> None:
    keras.config.set_floatx("float64")
    try:
        schedule = Schedule(Constant(0.1 / 3), total_steps=1)
        weight = keras.Variable([0.0], dtype="float64")
        optimizer = keras.optimizers.SGD(schedule)
        optimizer.apply([tf.ones(1, tf.float64)], [weight])
        assert float(weight.numpy()[0]) == -0.1 / 3
    finally:
        keras.config.set_floatx("float32")


def test_updates_are_counted_inside_a_users_schedule() -> None:
    class Doubled(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return 2 * HALVING(step)

    weight = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(Doubled(), gradient_accumulation_steps=2)
    for _ in range(6):
        optimizer.apply([tf.ones(1)], [weight])
    assert float(weight[0]) == -2 * (1 + 0.5 + 0.25)


def test_a_warm_up_of_anything_runs_in_the_graph() -> None:
    schedule = Schedule(Warmup(Linear(1.0, 0.0, 5), steps=4, first="0"), total_steps=9)
    assert schedule(np.arange(9)).numpy().tolist() == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0]


@pytest.mark.parametrize(
    ("total_steps", "error", "sentence"),
    [
        (0, ValueError, "total_steps must be at least 1, but got 0"),
        (2.0, TypeError, r"total_steps must be an integer, but got 2\.0"),
        (11, ValueError, "step must be less than total_steps=10, but got 10"),
    ],
)
def test_a_wrong_length_is_refused(total_steps: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        Schedule(Until(Cosine(0.1, 10), 10, end="raise"), total_steps)
