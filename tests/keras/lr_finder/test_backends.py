"""The finder on the backend that KERAS_BACKEND names: true values and unchanged training."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrcore import StopReason
from lrcore.keras import BatchLoss, CyclicLR, LRFinder, lr_find
from lrcore.keras._snapshot import RandomState, Snapshot

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "SGD": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "Adam": lambda: keras.optimizers.Adam(0.01),
}
LRS = 1e-4 * 1e3 ** (np.arange(12) / 11)  # from 1e-4 to 0.1


def _state(model: keras.Model) -> list[Any]:
    variables = [*model.variables, *model.optimizer.variables]
    arrays = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    return [*arrays, random.getstate(), np.random.get_state()[1], model.stop_training]


def _trained(model: keras.Model, x: Any, y: Any) -> list[Any]:
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0).history
    return [history, *_state(model)]


def _linear(optimizer: Any = "sgd") -> keras.Model:
    """y = x @ w with w = 0."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def _descent(x: Any, y: Any, lrs: Any, first: int = 0) -> Iterator[tuple[Any, Any]]:
    """Plain gradient descent of `_linear` in float64: the errors on each batch, and the weights after its update.

    Six batches of 8 an epoch, the last of 4; `first` is the number of the first batch.
    """
    w = np.zeros((4, 1))
    for batch_number, lr in enumerate(lrs, first):
        start = batch_number % 6 * 8
        batch, target = x[start : start + 8].astype(np.float64), y[start : start + 8]
        errors = batch @ w - target
        w = w - lr * 2 * batch.T @ errors / len(batch)
        yield errors, w


def test_the_backend_is_the_one_asked_for() -> None:
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_training_after_a_finder_is_bit_identical(compiled: Any, regression: Any, optimizer: Any) -> None:
    plain = _trained(compiled(optimizer()), *regression)
    model = compiled(optimizer())
    result = lr_find(model, *regression, batch_size=8, end_lr=0.1, num_iter=10, progress=False)
    assert result.stop_reason is StopReason.finished
    with LRFinder(1e-4, 0.1, metric="mae") as finder:
        model.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[finder])
    assert len(finder.result.lrs) == 12
    lr_find(
        model, *regression, batch_size=8, end_lr=0.1, num_iter=5, repeats=2, validation_data=regression, progress=False
    )
    np.testing.assert_equal(_trained(model, *regression), plain)


def test_a_multi_output_model_continues_bit_identically(regression: Any) -> None:
    def new_model() -> keras.Model:
        keras.utils.set_random_seed(3)
        inputs = keras.Input((4,))
        outputs = {name: keras.layers.Dense(1, name=name)(keras.layers.Dropout(0.5)(inputs)) for name in "ab"}
        model = keras.Model(inputs, outputs)
        model.compile("adam", {"a": "mse", "b": "mae"}, metrics={"a": ["mae"], "b": ["mse", "mae"]})
        return model

    x, y = regression
    targets = {"a": y, "b": -y}
    plain = _trained(new_model(), x, targets)
    model = new_model()
    for options in ({"metric": "b_mse"}, {"metric": "b_mse", "validation_data": (x, targets)}):
        result = lr_find(model, x, targets, batch_size=8, end_lr=0.1, num_iter=5, progress=False, **options)
        assert np.isfinite(result.metrics).tolist() == [True] * 5
    np.testing.assert_equal(_trained(model, x, targets), plain)


def test_lrs_losses_and_metric_are_recorded_for_each_update(regression: Any, lr_spy: Any) -> None:
    model, used = _linear(lr_spy()), []
    read = keras.callbacks.LambdaCallback(on_train_end=lambda logs: used.extend(model.optimizer.lrs()))
    finder = LRFinder(1e-4, 0.1, step_size=12, metric="mae")
    model.fit(*regression, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[read, finder])
    expected = [((errors**2).mean(), abs(errors).mean()) for errors, _ in _descent(*regression, LRS)]
    assert finder.result.stop_reason is StopReason.finished
    np.testing.assert_array_equal(np.float32(finder.result.lrs), used)
    np.testing.assert_allclose(finder.result.lrs, LRS, rtol=1e-14)
    np.testing.assert_allclose(np.stack([finder.result.losses, finder.result.metrics], axis=1), expected, rtol=1e-5)


def test_validation_is_on_the_first_batches_after_each_update(regression: Any, in_order: Any) -> None:
    x, y = regression
    result = lr_find(
        _linear(),
        in_order,
        start_lr=1e-4,
        end_lr=0.1,
        num_iter=12,
        batch_size=8,
        validation_data=(x[::-1], y[::-1]),
        validation_batches=3,
        metric="mae",
        progress=False,
    )
    held_x, held_y = x[:-25:-1].astype(np.float64), y[:-25:-1]
    held = [held_x @ w - held_y for _, w in _descent(x, y, LRS)]
    np.testing.assert_allclose(result.losses, [(errors**2).mean() for errors in held], rtol=1e-5)
    np.testing.assert_allclose(result.metrics, [abs(errors).mean() for errors in held], rtol=1e-5)
    np.testing.assert_allclose(
        result.training_losses, [(errors**2).mean() for errors, _ in _descent(x, y, LRS)], rtol=1e-5
    )


def test_validation_does_not_disturb_data_of_unknown_length(regression: Any) -> None:
    x, y = regression
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(8).filter(lambda x, y: True)
    options = {"start_lr": 1e-4, "end_lr": 0.1, "num_iter": 12, "progress": False}
    result = lr_find(_linear(), batches, validation_data=(x, y), **options)
    assert result.stop_reason is StopReason.finished
    trained, held = zip(*((errors, x @ w - y) for errors, w in _descent(x, y, LRS)), strict=True)
    np.testing.assert_allclose(result.training_losses, [(errors**2).mean() for errors in trained], rtol=1e-4)
    np.testing.assert_allclose(result.losses, [(errors**2).mean() for errors in held], rtol=1e-5)


def test_a_generator_that_runs_dry_ends_the_test(regression: Any) -> None:
    x, y = regression
    batches = ((x[start : start + 8], y[start : start + 8]) for start in range(0, 44, 8))
    result = lr_find(_linear(), batches, end_lr=1e-2, num_iter=20, validation_data=(x, y), progress=False)
    assert (len(result.lrs), result.stop_reason) == (6, StopReason.data_exhausted)


def test_align_effect_pairs_each_lr_with_the_loss_after_it(regression: Any, in_order: Any) -> None:
    lrs = [0.001, 0.01, 0.1]
    used = [lr for lr in lrs for _ in range(2)]
    losses = [(errors**2).mean() for errors, _ in _descent(*regression, [*used, 0.1])]
    options = {"start_lr": 0.001, "end_lr": 0.1, "num_iter": 3, "batches_per_lr": 2, "progress": False}
    for align, expected in ("used", losses[:6]), ("effect", losses[1:]):
        result = lr_find(_linear(), in_order, align=align, **options)
        np.testing.assert_allclose(result.lrs, lrs, rtol=1e-14)
        np.testing.assert_allclose(result.losses, np.reshape(expected, (3, 2)).mean(axis=1), rtol=1e-5)


def test_accumulated_batches_are_one_update_with_their_mean_loss(regression: Any, in_order: Any) -> None:
    model = _linear(keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    finder = LRFinder(1e-4, 1e-2)
    model.fit(in_order, epochs=2, shuffle=False, verbose=0, callbacks=[finder])
    assert len(finder.result.lrs) == 6
    y = regression[1].astype(np.float64)
    np.testing.assert_allclose(finder.result.losses[0], (y[:16] ** 2).mean(), rtol=1e-5)


def test_updates_skipped_by_the_loss_scale_are_not_recorded(regression: Any, lr_spy: Any) -> None:
    x, y = regression[0], 100 * regression[1]
    spy, used, batches = lr_spy(), [], []
    model = _linear(keras.optimizers.LossScaleOptimizer(spy, initial_scale=2.0**127))
    read = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(batch),
        on_train_end=lambda logs: used.extend(spy.lrs()),
    )
    finder = LRFinder(1e-4, 0.1, step_size=12, metric="mae")
    model.fit(x, y, batch_size=8, epochs=9, shuffle=False, verbose=0, callbacks=[read, finder])
    skipped = len(batches) - 12
    expected = [((errors**2).mean(), abs(errors).mean()) for errors, _ in _descent(x, y, LRS, skipped)]
    assert 1 <= skipped < 12
    assert finder.result.stop_reason is StopReason.finished
    np.testing.assert_array_equal(np.float32(finder.result.lrs), used)
    np.testing.assert_allclose(np.stack([finder.result.losses, finder.result.metrics], axis=1), expected, rtol=1e-5)


def test_repeats_differ_start_alike_and_are_kept(compiled: Any, regression: Any) -> None:
    options = {"batch_size": 8, "end_lr": 0.1, "num_iter": 8, "progress": False}
    single = lr_find(compiled(), *regression, **options)
    result = lr_find(compiled(), *regression, repeats=3, **options)
    assert len(result.repeats) == 3
    np.testing.assert_array_equal(result.repeats[0].losses, single.losses)
    assert len({repeat.losses[0] for repeat in result.repeats}) == 3
    np.testing.assert_allclose(result.losses, np.mean([repeat.losses for repeat in result.repeats], axis=0), rtol=1e-12)


class Breaking(keras.callbacks.Callback):
    """Raises in, before or after an update, once."""

    def __init__(self, exception: BaseException, place: str, batch: int) -> None:
        super().__init__()
        self.exception, self.place, self.batch = exception, place, batch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == self.batch and self.place == "before":
            raise self.exception
        if batch == self.batch and self.place == "in":
            self._break_update(self.model, self.model.train_function)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == self.batch and self.place == "after":
            raise self.exception

    def _break_update(self, model: keras.Model, update: Callable[..., Any]) -> None:
        def broken(*arguments: Any) -> Any:
            model.train_function = update
            update(*arguments)  # takes JAX's arrays away for good
            raise self.exception

        model.train_function = broken


@pytest.mark.parametrize(("place", "batch", "points"), [("in", 0, 0), ("in", 2, 2), ("before", 4, 4), ("after", 4, 5)])
@pytest.mark.parametrize("exception", [ZeroDivisionError(), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_an_exception_and_ctrl_c_leave_no_trace(
    compiled: Any, regression: Any, exception: BaseException, place: str, batch: int, points: int
) -> None:
    model = compiled("adam")
    model.fit(*regression, batch_size=8, verbose=0)
    before = _state(model)
    with pytest.raises(type(exception)), LRFinder(step_size=20) as finder:
        model.fit(*regression, batch_size=8, verbose=0, callbacks=[finder, Breaking(exception, place, batch)])
    assert finder.result.stop_reason is StopReason.interrupted
    assert len(finder.result.lrs) == points
    np.testing.assert_equal(_state(model), before)
    model.fit(*regression, batch_size=8, verbose=0)


def test_a_data_error_in_lr_find_is_raised_and_all_is_restored(compiled: Any, regression: Any) -> None:
    x, y = regression

    def batches() -> Iterator[Any]:
        for start in range(0, 44, 8):
            yield x[start : start + 8] + np.random.normal(size=(1, 4)), y[start : start + 8]
        raise ZeroDivisionError

    model = compiled("adam")
    model.fit(x, y, batch_size=8, verbose=0)
    before = _state(model)
    with pytest.raises((ZeroDivisionError, tf.errors.OpError)):
        lr_find(model, batches(), num_iter=20, progress=False)
    np.testing.assert_equal(_state(model), before)


def test_a_snapshot_can_be_restored_after_every_training(compiled: Any, regression: Any) -> None:
    model = compiled("adam")
    snapshot, random_state = Snapshot(model), RandomState()
    before = _state(model)
    for _ in range(3):
        model.fit(*regression, batch_size=8, verbose=0)
        snapshot.restore()
        random_state.restore()
        np.testing.assert_equal(_state(model), before)


def test_history_of_fit_is_unchanged_by_measuring_the_batches(compiled: Any, regression: Any) -> None:
    runs = [
        compiled("adam")
        .fit(*regression, batch_size=8, epochs=2, validation_data=regression, verbose=0, callbacks=callbacks)
        .history
        for callbacks in ([], [BatchLoss()])
    ]
    assert runs[0] == runs[1]


def test_a_schedule_sets_the_lr_of_every_update(regression: Any, lr_spy: Any) -> None:
    model = _linear(lr_spy())
    model.fit(*regression, batch_size=8, verbose=0, callbacks=[CyclicLR(1.0, 3.0, 2)])
    np.testing.assert_array_equal(model.optimizer.lrs(), [1.0, 2.0, 3.0, 2.0, 1.0, 2.0])


def test_an_unknown_metric_is_named_and_changes_nothing(compiled: Any, regression: Any) -> None:
    model = compiled("adam")
    before = _state(model)[:-4]
    with pytest.raises(ValueError, match=r"metric must be one that .* of \['mae'\], but got 'accuracy'"):
        model.fit(*regression, batch_size=8, verbose=0, callbacks=[LRFinder(metric="accuracy")])
    np.testing.assert_equal(_state(model)[: len(before)], before)
