"""SGD on the TensorFlow backend: graphs, sparse gradients and strategies."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore.keras import SGD

Stepper = Callable[[Any, Any], Callable[[Any], None]]
in_graphs = pytest.mark.parametrize("jit_compile", [False, True])


def _built(size: int = 3, **arguments: Any) -> tuple[keras.Variable, SGD]:
    variable, optimizer = keras.Variable(np.ones(size, np.float32)), SGD(0.5, **arguments)
    optimizer.build([variable])
    return variable, optimizer


@pytest.mark.parametrize("wrap", [None, False, True], ids=["eager", "graph", "xla"])
def test_sparse_gradients_follow_the_recurrence_in_every_row(wrap: bool | None) -> None:
    table = keras.Variable(np.ones((3, 2), np.float32))
    optimizer = SGD(0.5, momentum=0.5)
    optimizer.build([table])

    def step(row: tf.Tensor) -> None:
        slices = tf.IndexedSlices(tf.ones((2, 2)), tf.stack([row, row]), tf.constant([3, 2]))  # the row twice
        optimizer.apply([slices], [table])

    apply = step if wrap is None else tf.function(step, jit_compile=wrap)
    apply(tf.constant(0))
    apply(tf.constant(2))
    # row 0: b = 2, 1; row 1: nothing; row 2: b = 0, 2
    np.testing.assert_array_equal(table.numpy(), [[-0.5, -0.5], [1.0, 1.0], [0.0, 0.0]])


@pytest.mark.parametrize("clip", [{"clipnorm": 1.0}, {"clipvalue": 2.0}, {"global_clipnorm": 1.0}])
def test_sparse_gradients_are_clipped(clip: Any, stepper: Stepper) -> None:
    table = keras.Variable(np.zeros((2, 2), np.float32))
    optimizer = SGD(1.0, **clip)
    optimizer.build([table])
    stepper_of_values = stepper(optimizer, [table])
    stepper_of_values([tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([1]), tf.constant([2, 2]))])
    expected = [2.0, 2.0] if "clipvalue" in clip else [0.6, 0.8]
    np.testing.assert_allclose(table.numpy(), [[0.0, 0.0], -np.array(expected)], rtol=1e-6)


@in_graphs
def test_reads_in_one_graph_see_values_in_program_order(jit_compile: bool) -> None:
    size = 100_000
    variable, optimizer = _built(size, momentum=0.5)

    @tf.function(jit_compile=jit_compile)
    def step(gradient: tf.Tensor) -> list[tf.Tensor]:
        before, both = variable.value.read_value(), []
        for _ in range(2):
            optimizer.apply([gradient], [variable])
            both.append(variable.value.read_value())
        return [before, *both, before + 0.0]

    for start, values in ((1.0, [1.0, 0.5, -0.25, 1.0]), (8.0, [8.0, 7.125, 6.1875, 8.0])):
        variable.assign(np.full(size, start))
        # b = 1, 1.5 and then 1.75, 1.875
        for tensor, value in zip(step(tf.ones(size)), values, strict=True):
            np.testing.assert_array_equal(tensor.numpy(), np.full(size, value))


def test_an_optimizer_switches_between_eager_graph_and_xla() -> None:
    variable, optimizer = _built(momentum=0.5)
    gradient = [tf.ones(3)]

    def apply() -> None:
        optimizer.apply(gradient, [variable])

    paths, values = [], []
    for step in (apply, tf.function(apply), tf.function(apply, jit_compile=True), apply):
        step()
        paths.append(optimizer.path)
        values.append(float(variable.numpy()[0]))
    assert paths == ["tensorflow", "tensorflow", "keras.ops", "tensorflow"]
    assert values == [0.5, -0.25, -1.125, -2.0625]  # b = 1, 1.5, 1.75, 1.875


def test_variables_of_tensorflow_itself() -> None:
    variable, optimizer = tf.Variable([1.0]), SGD(0.5, momentum=0.5)
    optimizer.apply([tf.constant([1.0])], [variable])
    assert (variable.numpy()[0], optimizer.path) == (0.5, "tensorflow")


@pytest.mark.parametrize(
    "new_strategy",
    [lambda: tf.distribute.OneDeviceStrategy("/cpu:0"), lambda: tf.distribute.MirroredStrategy(["/cpu:0"])],
    ids=["one device", "mirrored"],
)
def test_a_strategy_has_its_own_way(new_strategy: Any, regression: Any) -> None:
    weights = []
    for strategy in (None, new_strategy()):
        with strategy.scope() if strategy else tf.device("/cpu:0"):
            keras.utils.set_random_seed(3)
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
            model.compile(SGD(0.05, momentum=0.9, weight_decay=0.01, nesterov=True), "mse", jit_compile=False)
        model.fit(*regression, batch_size=8, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights()[0])
        assert model.optimizer.path == ("keras.ops" if strategy else "tensorflow")
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-5)


@in_graphs
def test_several_steps_per_execution_are_as_many_updates(regression: Any, jit_compile: bool) -> None:
    weights = []
    for steps in (1, 3):
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
        model.compile(SGD(schedule, momentum=0.9), "mse", jit_compile=jit_compile, steps_per_execution=steps)
        model.fit(*regression, batch_size=8, shuffle=False, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-6)


def test_retracing_leaves_nothing_behind() -> None:
    variable, optimizer = _built(momentum=0.5)
    graphs = []
    for _ in range(3):
        apply = tf.function(lambda gradient: optimizer.apply([gradient], [variable]))
        apply(tf.ones(3))
        graphs.append(weakref.ref(apply.get_concrete_function(tf.ones(3)).graph))
    del apply
    gc.collect()
    assert [graph() for graph in graphs] == [None] * 3
    assert len(optimizer.variables) == 3
