"""LRFinder as a callback: the curve it records, and that everything is put back."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from lrcore import StopReason
from lrcore.keras import BatchLoss, LRFinder


def _state(model: keras.Model) -> list[Any]:
    variables = [*model.variables, *model.optimizer.variables]
    arrays = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    return [*arrays, random.getstate(), np.random.get_state()[1], model.stop_training]


def _assert_same(before: list[Any], after: list[Any]) -> None:
    for old, new in zip(before, after, strict=True):
        np.testing.assert_equal(new, old)


def _interrupt_in(batch_number: int, exception: type[BaseException]) -> keras.callbacks.Callback:
    def raise_in_batch(batch: int, logs: Any) -> None:
        if batch == batch_number:
            raise exception

    return keras.callbacks.LambdaCallback(on_train_batch_end=raise_in_batch)


def test_recorded_lrs_are_exact_at_both_ends_and_were_used(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, used = compiled(lr_spy()), []
    read = keras.callbacks.LambdaCallback(on_train_end=lambda logs: used.extend(model.optimizer.lrs()))
    finder = LRFinder(1e-4, 1e-2, step_size=12)
    model.fit(*regression, batch_size=8, epochs=3, verbose=0, callbacks=[read, finder])
    assert finder.result.stop_reason is StopReason.finished
    assert (finder.result.lrs[0], finder.result.lrs[-1]) == (1e-4, 1e-2)
    np.testing.assert_allclose(finder.result.lrs, 1e-4 * 100 ** (np.arange(12) / 11), rtol=1e-14)
    np.testing.assert_array_equal(np.float32(finder.result.lrs), used)


def test_without_step_size_the_sweep_takes_the_whole_fit(compiled: Any, regression: Any) -> None:
    finder = LRFinder(1e-5, 1e-3)
    compiled().fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[finder])
    assert len(finder.result.lrs) == 12
    assert finder.result.lrs[-1] == 1e-3
    assert finder.result.stop_reason is StopReason.finished


def test_recorded_losses_are_the_true_losses_of_the_batches(regression: Any) -> None:
    x, y = regression
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    model.compile("sgd", "mse")
    finder = LRFinder(1e-4, 1e-2)
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[finder])
    w, expected = np.zeros((4, 1)), []
    for start, lr in zip(range(0, 44, 8), 1e-4 * 100 ** (np.arange(6) / 5), strict=True):
        batch, target = x[start : start + 8].astype(np.float64), y[start : start + 8]
        error = batch @ w - target
        expected.append(float((error**2).mean()))
        w -= lr * 2 * batch.T @ error / len(batch)
    np.testing.assert_allclose(finder.result.losses, expected, rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_everything_is_put_back_at_the_end_of_fit(compiled: Any, regression: Any, optimizer: str) -> None:
    model = compiled(optimizer)
    model.fit(*regression, verbose=0)
    before = _state(model)
    model.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[LRFinder()])
    _assert_same(before, _state(model))


def test_an_optimizer_that_was_not_built_is_as_new(compiled: Any, regression: Any) -> None:
    model = compiled("adam")
    model.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[LRFinder()])
    iterations, lr, *slots = model.optimizer.variables
    assert (int(iterations.numpy()), float(lr.numpy())) == (0, float(np.float32(0.001)))
    assert len(slots) == 12
    assert not any(slot.numpy().any() for slot in slots)


@pytest.mark.parametrize("exception", [ZeroDivisionError, KeyboardInterrupt])
def test_as_a_context_manager_it_restores_after_an_exception(
    compiled: Any, regression: Any, exception: type[BaseException]
) -> None:
    model = compiled("adam")
    model.fit(*regression, verbose=0)
    before = _state(model)
    with pytest.raises(exception), LRFinder(step_size=20) as finder:  # noqa: PT012
        random.random(), np.random.random()
        model.fit(*regression, batch_size=8, epochs=4, verbose=0, callbacks=[finder, _interrupt_in(4, exception)])
    _assert_same(before, _state(model))
    assert finder.result.stop_reason is StopReason.interrupted
    assert len(finder.result.lrs) == 5


def test_a_second_restore_does_not_undo_later_training(compiled: Any, regression: Any) -> None:
    model, finder = compiled(), LRFinder()
    before = _state(model)
    with pytest.raises(ZeroDivisionError):
        model.fit(*regression, batch_size=8, verbose=0, callbacks=[finder, _interrupt_in(2, ZeroDivisionError)])
    finder.restore()
    _assert_same(before[:-3], _state(model)[: len(before) - 3])
    model.fit(*regression, batch_size=8, verbose=0)
    trained = _state(model)
    finder.restore()
    _assert_same(trained, _state(model))


def test_divergence_stops_the_fit(compiled: Any, regression: Any) -> None:
    finder = LRFinder(1e-3, 1e3, step_size=60, beta=0.5)
    history = compiled().fit(*regression, batch_size=8, epochs=10, verbose=0, callbacks=[finder])
    assert finder.result.stop_reason is StopReason.diverged
    assert len(finder.result.lrs) < 60
    assert len(history.epoch) == -(-len(finder.result.lrs) // 6)
    assert finder.result.smoothed_losses[-1] > 4 * finder.result.smoothed_losses.min()


def test_a_loss_of_nan_stops_at_once_and_leaves_no_nan_behind(compiled: Any, regression: Any) -> None:
    x, y = regression
    y = y.copy()
    y[20] = np.nan
    model, finder = compiled(), LRFinder(1e-5, 1e-3)
    before = _state(model)
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[finder])
    assert finder.result.stop_reason is StopReason.nonfinite
    assert len(finder.result.lrs) == 3
    assert np.isnan(finder.result.losses[-1])
    _assert_same(before[:5], _state(model)[:5])
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


def test_data_that_end_before_the_sweep_are_reported(compiled: Any, regression: Any) -> None:
    finder = LRFinder(1e-5, 1e-3, step_size=50)
    compiled().fit(*regression, batch_size=8, verbose=0, callbacks=[finder])
    assert finder.result.stop_reason is StopReason.data_exhausted
    assert len(finder.result.lrs) == 6


def test_one_finder_can_run_twice_with_the_same_result(compiled: Any, regression: Any) -> None:
    model, finder, curves = compiled("adam"), LRFinder(1e-5, 1e-1), []
    for _ in range(2):
        model.fit(*regression, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[finder])
        curves.append(finder.result.losses)
    np.testing.assert_array_equal(curves[0], curves[1])


def test_accumulation_gives_one_point_per_update(regression: Any) -> None:
    x, y = regression
    results = []
    for batch_size, steps in ((4, 2), (8, None)):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=steps), "mse")
        finder = LRFinder(1e-4, 1e-1)
        model.fit(x[:40], y[:40], batch_size=batch_size, shuffle=False, verbose=0, callbacks=[finder])
        results.append(finder.result)
    np.testing.assert_array_equal(results[0].lrs, results[1].lrs)
    np.testing.assert_allclose(results[0].losses, results[1].losses, rtol=1e-5)


def test_without_step_size_a_scaled_accumulation_is_counted(regression: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    inner = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
    finder = LRFinder(1e-4, 1e-2)
    model.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[finder])
    assert len(finder.result.lrs) == 6
    assert finder.result.stop_reason is StopReason.finished


def test_linear_steps(compiled: Any, regression: Any) -> None:
    finder = LRFinder(0.01, 0.06, step_mode="linear")
    compiled().fit(*regression, batch_size=8, verbose=0, callbacks=[finder])
    np.testing.assert_allclose(finder.result.lrs, [0.01, 0.02, 0.03, 0.04, 0.05, 0.06], rtol=1e-14)
    assert finder.result.lrs[-1] == 0.06


@pytest.mark.parametrize(("align", "points"), [("used", 6), ("effect", 5)])
def test_without_step_size_two_batches_per_lr_fit_the_epoch(
    compiled: Any, regression: Any, align: str, points: int
) -> None:
    finder = LRFinder(1e-5, 1e-3, batches_per_lr=2, align=align)
    compiled().fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[finder])
    assert len(finder.result.lrs) == points
    assert finder.result.stop_reason is StopReason.finished
    assert finder.result.lrs[-1] == 1e-3


def test_min_iter_puts_off_the_verdict_that_it_diverged(regression: Any) -> None:
    for min_iter, points in (0, 3), (5, 5):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        model.compile("sgd", "mse")
        finder = LRFinder(2.0, 2.1, step_size=60, beta=0.0, min_iter=min_iter)  # the error grows threefold
        model.fit(*regression, batch_size=44, epochs=60, verbose=0, callbacks=[finder])
        assert finder.result.stop_reason is StopReason.diverged
        assert len(finder.result.lrs) == points


def test_a_non_mean_metric_is_computed_per_batch(regression: Any) -> None:
    class LargestTarget(keras.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="largest")
            self.largest = self.add_variable((), "zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.largest.assign(keras.ops.maximum(self.largest, keras.ops.max(y_true)))

        def result(self) -> Any:
            return self.largest

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[LargestTarget()])
    finder = LRFinder(1e-5, 1e-3, metric="largest")
    model.fit(*regression, batch_size=8, shuffle=False, verbose=0, callbacks=[finder])
    np.testing.assert_array_equal(finder.result.metrics, [regression[1][i : i + 8].max() for i in range(0, 44, 8)])


def test_a_metric_of_several_numbers_is_refused_by_its_name(regression: Any) -> None:
    x, y = regression
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", "mse", metrics=[keras.metrics.F1Score(average=None, name="f1")])
    with pytest.raises(ValueError, match=r"metric must be a single number, but 'f1' has the shape \(2,\)"):
        model.fit(x, np.hstack([y > 0, y <= 0]).astype(np.float32), verbose=0, callbacks=[LRFinder(metric="f1")])


def test_steps_per_execution_and_a_schedule_are_refused(compiled: Any, regression: Any) -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    for model, sentence in [
        (compiled(steps_per_execution=2), "steps_per_execution must be 1 for LRFinder"),
        (
            compiled(keras.optimizers.SGD(schedule)),
            "learning_rate of the optimizer must be a number for LRFinder to set",
        ),
    ]:
        before = model.get_weights()
        with pytest.raises(ValueError, match=sentence):
            model.fit(*regression, verbose=0, callbacks=[LRFinder()])
        _assert_same(before, model.get_weights())
        assert not model.optimizer.built


def test_a_model_that_is_not_built_is_refused(regression: Any) -> None:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(
        ValueError, match=r"the model must be built first, by an Input layer or model.build\(input_shape\)"
    ):
        model.fit(*regression, verbose=0, callbacks=[LRFinder()])


def test_data_of_unknown_length_need_a_step_size(compiled: Any, regression: Any) -> None:
    def batches() -> Any:
        while True:
            yield regression

    with pytest.raises(ValueError, match="step_size must be given for data of unknown length"):
        compiled().fit(batches(), shuffle=False, verbose=0, callbacks=[LRFinder()])
    finder = LRFinder(1e-5, 1e-3, step_size=5)
    compiled().fit(batches(), shuffle=False, verbose=0, callbacks=[finder])
    assert finder.result.stop_reason is StopReason.finished


def test_a_batch_loss_beside_the_finder_is_refused(compiled: Any, regression: Any) -> None:
    with pytest.raises(ValueError, match="such as a second BatchLoss"), LRFinder() as finder:
        compiled().fit(*regression, batch_size=8, verbose=0, callbacks=[finder, BatchLoss()])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: LRFinder(1.0, 0.1), "end_lr must be greater than start_lr=1.0, but got 0.1"),
        (lambda: LRFinder(0.0, 0.1), "start_lr must"),
        (lambda: LRFinder(step_size=1), "step_size must"),
        (lambda: LRFinder(beta=1.0), "beta must"),
        (lambda: LRFinder(divergence_factor=1.0), "divergence_factor must"),
        (lambda: LRFinder(step_mode="log"), "step_mode must be 'exp' or 'linear', but got 'log'"),
        (lambda: LRFinder(batches_per_lr=0), "batches_per_lr must"),
        (lambda: LRFinder(align="next"), "align must be 'used' or 'effect', but got 'next'"),
        (lambda: LRFinder(min_iter=-1), "min_iter must"),
    ],
)
def test_bad_arguments_raise_at_construction_and_are_named(build: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        build()


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: LRFinder([1e-5, 1e-4]), "start_lr must be a number, but got [1e-05, 0.0001]"),
        (lambda: LRFinder(end_lr=[1.0]), "end_lr must be a number, but got [1.0]"),
        (lambda: LRFinder(metric=1), "metric must be a string, but got 1"),
        (lambda: LRFinder(step_size=10.0), "step_size must be an integer, but got 10.0"),
    ],
)
def test_arguments_of_a_wrong_type_are_named(build: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(sentence)):
        build()


class TestPlots:
    """The guide's four figures."""

    @pytest.fixture(scope="class")
    @staticmethod
    def finder() -> LRFinder:
        x = np.linspace(-1, 1, 96, dtype=np.float32).reshape(48, 2)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        finder = LRFinder(1e-5, 1e-2, step_size=24, divergence_factor=1e9)
        model.fit(x, x[:, :1], batch_size=2, verbose=0, callbacks=[finder])
        return finder

    @pytest.mark.parametrize(
        ("plot", "x", "y", "n_skip", "scale"),
        [
            ("plot_lr", None, "lrs", 0, "linear"),
            ("plot", "lrs", "losses", 1, "log"),
            ("plot_smoothed_loss", "lrs", "smoothed_losses", 10, "log"),
            ("plot_loss", None, "losses", 0, "linear"),
        ],
    )
    def test_each_draws_its_curve(
        self, finder: LRFinder, plot: str, x: str | None, y: str, n_skip: int, scale: str
    ) -> None:
        axes = getattr(finder, plot)()
        (line,) = axes.get_lines()
        expected = np.arange(24) if x is None else getattr(finder.result, x)
        np.testing.assert_array_equal(line.get_xdata(), expected[n_skip:])
        np.testing.assert_array_equal(line.get_ydata(), getattr(finder.result, y)[n_skip:])
        assert axes.get_xscale() == scale
        assert axes.get_xlabel() == ("update" if x is None else "learning rate")
        assert axes.get_ylabel()

    @pytest.mark.parametrize("plot", ["plot", "plot_smoothed_loss", "plot_loss"])
    def test_a_divergence_does_not_flatten_the_descent(self, plot: str) -> None:
        x = np.ones((8, 2), np.float32)
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        finder = LRFinder(1e-3, 1e2, step_size=40, beta=0.0, divergence_factor=1e9)
        model.fit(x, x[:, :1] * 5, batch_size=8, epochs=40, verbose=0, callbacks=[finder])
        axes = getattr(finder, plot)()
        drawn = axes.get_lines()[0].get_ydata()
        assert drawn[0] < axes.get_ylim()[1] < drawn[-1]

    @pytest.mark.parametrize("plot", ["plot_lr", "plot", "plot_smoothed_loss", "plot_loss"])
    def test_each_draws_on_given_axes(self, finder: LRFinder, plot: str) -> None:
        axes = Figure().subplots()
        assert getattr(finder, plot)(ax=axes) is axes
        assert len(axes.get_lines()) == 1

    def test_n_skip_leaves_points_out(self, finder: LRFinder) -> None:
        (line,) = finder.plot(5).get_lines()
        np.testing.assert_array_equal(line.get_xdata(), finder.result.lrs[5:])

    def test_a_negative_n_skip_is_refused(self, finder: LRFinder) -> None:
        with pytest.raises(ValueError, match="n_skip must not be negative, but got -1"):
            finder.plot(-1)

    def test_a_finder_that_has_not_run_says_so(self) -> None:
        with pytest.raises(RuntimeError, match=r"the range test has not run yet: give this callback to model\.fit"):
            LRFinder().plot()
