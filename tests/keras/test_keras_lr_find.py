"""lr_find: training with and without it in front is bit-identical."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore.keras import SGD, lr_find
from lrcore.range_test import StopReason

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "keras SGD": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "Adam": lambda: keras.optimizers.Adam(0.01),
    "lrcore SGD": lambda: SGD(0.05, momentum=0.9, weight_decay=1e-3, nesterov=True),
}


class Augmented(keras.utils.PyDataset):
    """Shuffled and noised from NumPy's global generator."""

    def __init__(self, x: Any, y: Any) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return 7  # so that the test ends in the middle of a pass, with batches fetched ahead

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picked = np.random.permutation(len(self.x))[:8]
        return self.x[picked] + np.random.normal(size=(8, 4)).astype(np.float32), self.y[picked]


class TensorFlowNoise(keras.layers.Layer):
    """Noise from an operation whose random state lives inside TensorFlow."""

    def call(self, x: Any, training: bool = False) -> Any:
        return x + tf.random.normal(tf.shape(x)) if training else x


class KerasNoise(keras.layers.Layer):
    """Noise from Keras' global seed generator."""

    def call(self, x: Any, training: bool = False) -> Any:
        return x + keras.random.normal(keras.ops.shape(x)) if training else x


def _trained(model: keras.Model, *data: Any) -> list[Any]:
    in_batches = len(data) == 1
    history = model.fit(
        *data, batch_size=None if in_batches else 8, epochs=3, shuffle=not in_batches, verbose=0
    ).history
    state = [*model.variables, *model.optimizer.variables]
    return [history, [np.array(keras.ops.convert_to_numpy(variable)) for variable in state]]


def _assert_training_is_unmoved(new_model: Callable[[], keras.Model], *data: Any, **options: Any) -> None:
    plain = _trained(new_model(), *data)
    model = new_model()
    result = lr_find(model, *data, **{"batch_size": 8, "end_lr": 0.1, "num_iter": 20, **options})
    assert result.stop_reason is StopReason.finished
    np.testing.assert_equal(_trained(model, *data), plain)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_training_is_bit_identical_with_and_without_it(compiled: Any, regression: Any, optimizer: Any) -> None:
    _assert_training_is_unmoved(lambda: compiled(optimizer()), *regression)


@pytest.mark.parametrize("layer", [TensorFlowNoise, KerasNoise])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_random_operations_outside_the_model_s_variables_go_on_as_without_it(
    regression: Any, layer: type[keras.layers.Layer], run_eagerly: bool
) -> None:
    def new_model() -> keras.Model:
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), layer(), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=run_eagerly)
        return model

    _assert_training_is_unmoved(new_model, *regression)


def test_a_pydataset_that_draws_from_numpy_draws_the_same_as_without_it(compiled: Any, regression: Any) -> None:
    _assert_training_is_unmoved(compiled, Augmented(*regression))


def test_a_dataset_is_passed_over_as_often_as_needed(compiled: Any, regression: Any) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(regression).batch(8)
    _assert_training_is_unmoved(compiled, dataset)


def test_training_in_between_goes_on_bit_identically(compiled: Any, regression: Any) -> None:
    def new_model() -> keras.Model:
        model = compiled("adam")
        model.fit(*regression, batch_size=8, verbose=0)
        return model

    _assert_training_is_unmoved(new_model, *regression)


def test_arrays_are_passed_over_as_often_as_needed(compiled: Any, regression: Any) -> None:
    result = lr_find(compiled(), *regression, end_lr=1e-3, batch_size=44, num_iter=7)
    assert len(result.lrs) == 7
    assert result.stop_reason is StopReason.finished


def test_an_infinite_generator_is_read_as_far_as_needed(compiled: Any, regression: Any) -> None:
    result = lr_find(compiled(), (batch for batch in itertools.repeat(regression)), end_lr=1e-3, num_iter=7)
    assert len(result.lrs) == 7


def test_a_generator_that_runs_dry_ends_the_test(compiled: Any, regression: Any) -> None:
    def batches() -> Iterator[Any]:
        for _ in range(4):
            yield regression

    result = lr_find(compiled(), batches(), end_lr=1e-3, num_iter=7)
    assert len(result.lrs) == 4
    assert result.stop_reason is StopReason.data_exhausted


def test_the_history_and_the_stop_flag_of_the_model_are_kept(compiled: Any, regression: Any) -> None:
    model = compiled()
    history = model.fit(*regression, verbose=0)
    model.stop_training = True
    metrics = model.get_metrics_result()
    lr_find(model, *regression, num_iter=5, end_lr=1e-3)
    assert model.history is history
    assert model.stop_training is True
    assert model.get_metrics_result() == metrics


@pytest.mark.parametrize("exception", [ZeroDivisionError, KeyboardInterrupt])
def test_an_exception_restores_and_is_raised_on(compiled: Any, regression: Any, exception: type[BaseException]) -> None:
    class Broken(Augmented):
        def __getitem__(self, index: int) -> tuple[Any, Any]:
            if index == 4:
                raise exception
            return super().__getitem__(index)

    model = compiled("adam")
    plain = _trained(compiled("adam"), *regression)
    with pytest.raises((exception, tf.errors.OpError)):
        lr_find(model, Broken(*regression), num_iter=20)
    np.testing.assert_equal(_trained(model, *regression), plain)


def test_mixed_precision_is_swept_too(regression: Any) -> None:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, dtype="mixed_float16")])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")
    result = lr_find(model, *regression, end_lr=1e-3, num_iter=7)
    assert len(result.lrs) == 7
    assert float(model.optimizer.learning_rate.numpy()) == float(np.float32(0.1))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"start_lr": 1.0, "end_lr": 0.5}, "end_lr must be greater than start_lr=1.0, but got 0.5"),
        ({"num_iter": 1}, "num_iter must"),
        ({"beta": -0.1}, "beta must"),
    ],
)
def test_bad_arguments_are_named(compiled: Any, regression: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence):
        lr_find(compiled(), *regression, **options)
