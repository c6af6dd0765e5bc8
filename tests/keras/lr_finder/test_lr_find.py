"""lr_find: training with and without it in front is bit-identical."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore import StopReason
from lrcore.keras import SGD, lr_find

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
    options = {"batch_size": 8, "end_lr": 0.1, "num_iter": 20, "progress": False, **options}
    result = lr_find(model, *data, **options)
    assert result.stop_reason is StopReason.finished
    np.testing.assert_equal(_trained(model, *data), plain)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_training_is_bit_identical_with_and_without_it(compiled: Any, regression: Any, optimizer: Any) -> None:
    _assert_training_is_unmoved(lambda: compiled(optimizer()), *regression)


@pytest.mark.parametrize("layer", [TensorFlowNoise, KerasNoise])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_random_operations_outside_the_model_are_restored(
    regression: Any, layer: type[keras.layers.Layer], run_eagerly: bool
) -> None:
    def new_model() -> keras.Model:
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), layer(), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=run_eagerly)
        return model

    _assert_training_is_unmoved(new_model, *regression)


def test_a_pydataset_draws_the_same_numpy_numbers_afterwards(compiled: Any, regression: Any) -> None:
    _assert_training_is_unmoved(compiled, Augmented(*regression))


def test_a_dataset_is_passed_over_as_often_as_needed(compiled: Any, regression: Any) -> None:
    dataset = tf.data.Dataset.from_tensor_slices(regression).batch(8)
    _assert_training_is_unmoved(compiled, dataset)


def test_training_in_between_continues_bit_identically(compiled: Any, regression: Any) -> None:
    def new_model() -> keras.Model:
        model = compiled("adam")
        model.fit(*regression, batch_size=8, verbose=0)
        return model

    _assert_training_is_unmoved(new_model, *regression)


def test_arrays_are_passed_over_as_often_as_needed(compiled: Any, regression: Any) -> None:
    result = lr_find(compiled(), *regression, end_lr=1e-3, batch_size=44, num_iter=7, progress=False)
    assert len(result.lrs) == 7
    assert result.stop_reason is StopReason.finished


def test_accumulated_gradients_take_as_many_passes_as_they_need(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(0.1, gradient_accumulation_steps=130))
    dataset = tf.data.Dataset.from_tensors(regression)
    result = lr_find(model, dataset, end_lr=1e-3, num_iter=2, progress=False)
    assert len(result.lrs) == 2
    assert result.stop_reason is StopReason.finished


def test_gradients_that_never_become_finite_end_the_test(regression: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=float("inf")), "mse")
    result = lr_find(model, *regression, batch_size=8, end_lr=1e-3, num_iter=2, progress=False)
    assert len(result.lrs) == 0
    assert result.stop_reason is StopReason.nonfinite


def test_an_infinite_generator_is_read_as_far_as_needed(compiled: Any, regression: Any) -> None:
    result = lr_find(compiled(), (batch for batch in itertools.repeat(regression)), end_lr=1e-3, num_iter=7)
    assert len(result.lrs) == 7


def test_a_generator_that_runs_dry_ends_the_test(compiled: Any, regression: Any) -> None:
    def batches() -> Iterator[Any]:
        for _ in range(4):
            yield regression

    result = lr_find(compiled(), batches(), end_lr=1e-3, num_iter=7, progress=False)
    assert len(result.lrs) == 4
    assert result.stop_reason is StopReason.data_exhausted


def test_repeats_read_on_in_a_generator(compiled: Any, regression: Any) -> None:
    batches = (batch for batch in itertools.repeat(regression, 12))
    result = lr_find(compiled(), batches, end_lr=1e-3, num_iter=4, repeats=5, progress=False)
    lengths = [len(repeat.lrs) for repeat in result.repeats]
    assert lengths[0] == 4
    assert 2 <= len(lengths) <= 3  # Keras looks ahead and throws away what it has not used
    assert len(result.lrs) == 4


def test_data_that_can_be_read_only_once_end_the_test(compiled: Any, regression: Any) -> None:
    rows = iter(zip(*regression, strict=True))
    signature = (tf.TensorSpec((4,)), tf.TensorSpec((1,)))
    dataset = tf.data.Dataset.from_generator(lambda: rows, output_signature=signature).batch(8)
    result = lr_find(compiled(), dataset, end_lr=1e-3, num_iter=50, repeats=2, progress=False)
    assert len(result.lrs) == 6
    assert result.stop_reason is StopReason.data_exhausted


@pytest.mark.parametrize("progress", [True, False])
def test_a_progress_bar_is_shown_where_wanted(compiled: Any, regression: Any, capsys: Any, progress: bool) -> None:
    lr_find(compiled(), *regression, end_lr=1e-3, num_iter=3, repeats=2, progress=progress)
    shown = capsys.readouterr().err
    assert ("6/6" in shown and "loss=" in shown) is progress


def test_validation_leaves_the_model_as_it_was(compiled: Any, regression: Any) -> None:
    model = compiled("adam")
    history = model.fit(*regression, batch_size=8, verbose=0)
    before = [np.array(variable.numpy()) for variable in model.metrics_variables]
    dataset = tf.data.Dataset.from_tensor_slices(regression).batch(8)
    result = lr_find(model, *regression, num_iter=5, end_lr=1e-3, validation_data=dataset, metric="mae", progress=False)
    assert result.training_losses.shape == result.metrics.shape == (5,)
    np.testing.assert_equal([variable.numpy() for variable in model.metrics_variables], before)
    assert model.history is history


def test_validation_matches_evaluate(compiled: Any, regression: Any) -> None:
    x, y = regression
    model = compiled(keras.optimizers.SGD(0.0), metrics=[keras.metrics.RootMeanSquaredError(name="rmse")])
    weights = np.linspace(0.1, 2.0, 44, dtype=np.float32)
    options = {"start_lr": 1e-30, "end_lr": 2e-30, "num_iter": 2, "progress": False, "batch_size": 8}
    model.layers[1].momentum = 1.0  # so that batch normalisation does not move either
    expected = model.evaluate(x, y, batch_size=8, sample_weight=weights, verbose=0, return_dict=True)
    result = lr_find(model, x, y, validation_data=(x, y, weights), metric="rmse", **options)
    np.testing.assert_array_equal(result.losses, [expected["loss"]] * 2)
    np.testing.assert_array_equal(result.metrics, [expected["rmse"]] * 2)


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
        lr_find(model, Broken(*regression), num_iter=20, progress=False)
    np.testing.assert_equal(_trained(model, *regression), plain)


def test_mixed_precision_is_swept_too(regression: Any) -> None:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, dtype="mixed_float16")])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")
    result = lr_find(model, *regression, end_lr=1e-3, num_iter=7, progress=False)
    assert len(result.lrs) == 7
    assert float(model.optimizer.learning_rate.numpy()) == float(np.float32(0.1))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"start_lr": 1.0, "end_lr": 0.5}, "end_lr must be greater than start_lr=1.0, but got 0.5"),
        ({"num_iter": 1}, "num_iter must"),
        ({"beta": -0.1}, "beta must"),
        ({"repeats": 0}, "repeats must be at least 1, but got 0"),
        ({"metric": "accuracy"}, r"metric must be one that the model was compiled with, of \['mae'\], but got 'acc"),
        ({"validation_data": (np.ones((0, 4)), np.ones((0, 1)))}, "validation_data must hold at least one batch"),
        ({"validation_data": (np.ones((4, 4)), np.ones((4, 1))), "validation_batches": 0}, "validation_batches must"),
        ({"validation_data": (np.ones((4, 4)), np.ones((4, 1))), "align": "effect"}, "align must be 'used' with"),
    ],
)
def test_bad_arguments_are_named(compiled: Any, regression: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence):
        lr_find(compiled(), *regression, progress=False, **options)


def test_validation_data_of_a_wrong_type_are_named(compiled: Any, regression: Any) -> None:
    with pytest.raises(TypeError, match=r"^validation_data must be \(x, y\) or an iterable of batches, but got 3"):
        lr_find(compiled(), *regression, validation_data=3, progress=False)


def test_a_model_that_is_not_ready_and_empty_data_are_refused(compiled: Any, regression: Any) -> None:
    x, y = regression
    frozen, uncompiled = compiled(), keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    frozen.trainable = False
    for model, data, sentence in [
        (uncompiled, (x, y), "the model must be compiled first, by model.compile"),
        (frozen, (x, y), "the model must have trainable variables, but has none"),
        (compiled(steps_per_execution=2), (x, y), "steps_per_execution must be 1 for lr_find"),
        (compiled(), (x[:0], y[:0]), "x must hold at least one sample, but is empty"),
    ]:
        with pytest.raises(ValueError, match="^" + sentence):
            lr_find(model, *data, progress=False)
