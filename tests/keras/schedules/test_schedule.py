"""`Schedule` on whatever backend KERAS_BACKEND names: every update uses exactly the core's learning rate."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrcore import Constant, Cosine, Linear, PiecewiseConstant, Tabulated
from lrcore.keras import SGD, Schedule

LRS = [1.0, 0.5, 0.25, 0.125]
STEPS_PER_EXECUTION = {"tensorflow": 4, "jax": 4, "torch": 1}[keras.backend.backend()]


def _halving() -> Schedule:
    return Schedule(Tabulated(LRS), total_steps=len(LRS))


def _descend(optimizer: Any, stepper: Callable[[Any, Any], Any], gradients: Any) -> float:
    """The weight after SGD steps from 0."""
    weight = keras.Variable(np.zeros(1, np.float32))
    optimizer.build([weight])
    step = stepper(optimizer, [weight])
    for gradient in gradients:
        step([np.float32([gradient])])
    return float(weight.numpy()[0])


def _lrs(schedule: Schedule, steps: Any) -> Any:
    return keras.ops.convert_to_numpy(schedule(steps))


def test_a_whole_curve_is_the_nearest_float32_of_the_core() -> None:
    cosine = Cosine(0.1, decay_steps=1000)
    lrs = _lrs(Schedule(cosine, total_steps=1001), np.arange(1200))
    np.testing.assert_array_equal(lrs, np.float32(cosine.values(0, 1200)))
    assert lrs.dtype == np.float32


@pytest.mark.parametrize("accumulated", [None, 2])
@pytest.mark.parametrize("make", [keras.optimizers.SGD, SGD], ids=["keras", "lrcore"])
def test_a_weight_moves_by_the_lr_of_each_true_update(stepper: Any, make: Any, accumulated: int | None) -> None:
    optimizer = make(_halving(), gradient_accumulation_steps=accumulated)
    assert _descend(optimizer, stepper, [1.0] * 5 * (accumulated or 1)) == -(sum(LRS) + LRS[-1])
    assert int(optimizer.iterations) == 5
    assert float(optimizer.learning_rate) == LRS[-1]


@pytest.mark.parametrize("accumulated", [None, 2])
def test_updates_that_the_loss_scale_skips_are_not_counted(loss_scale_mode: Any, accumulated: int | None) -> None:
    inner = keras.optimizers.SGD(_halving(), gradient_accumulation_steps=accumulated)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=1.0, dynamic_growth_steps=100)
    batches = accumulated or 1
    gradients = [1.0] * batches + [np.inf] + [0.5] * batches  # which halves the scale that gradients are divided by
    assert _descend(optimizer, loss_scale_mode.stepper, gradients) == -(LRS[0] + LRS[1])
    assert float(optimizer.learning_rate) == LRS[2]


def _one_weight(optimizer: Any, **options: Any) -> keras.Model:
    """A model of one weight, from 0, whose every gradient is 1."""
    dense = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((1,)), dense])
    model.compile(optimizer, "mean_absolute_error", **options)
    return model


def _fit(model: keras.Model, batches: int) -> float:
    """The weight of a model of `_one_weight` after `batches` more batches."""
    model.fit(np.ones((batches, 1)), np.full((batches, 1), -9.0), batch_size=1, verbose=0)
    return float(model.get_weights()[0].item())


@pytest.mark.parametrize("accumulated", [None, 2])
def test_fit_with_steps_per_execution_resumes_from_its_file(tmp_path: Path, accumulated: int | None) -> None:
    optimizer = SGD(_halving(), gradient_accumulation_steps=accumulated)
    model = _one_weight(optimizer, steps_per_execution=STEPS_PER_EXECUTION)
    assert _fit(model, 2 * (accumulated or 1)) == -(LRS[0] + LRS[1])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert repr(loaded.optimizer._learning_rate) == repr(_halving())
    assert float(loaded.optimizer.learning_rate) == LRS[2]
    assert _fit(loaded, 3 * (accumulated or 1)) == -(sum(LRS) + LRS[-1])


class _Halved(keras.optimizers.schedules.LearningRateSchedule):
    """Calculates with the optimizer's counter before it asks, so that no optimizer with that counter is found."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def __call__(self, step: Any) -> Any:
        return 0.5 * self.schedule(keras.ops.convert_to_tensor(step) + 0)


def test_accumulation_steps_divide_a_counter_of_batches(stepper: Any) -> None:
    schedule = Schedule(Tabulated(LRS), total_steps=len(LRS), accumulation_steps=2)
    for learning_rate, factor in (schedule, 1.0), (_Halved(schedule), 0.5):
        optimizer = keras.optimizers.SGD(learning_rate, gradient_accumulation_steps=2)
        assert _descend(optimizer, stepper, [1.0] * 10) == -factor * (sum(LRS) + LRS[-1])


def test_accumulation_steps_count_batches_in_fit_and_are_saved(tmp_path: Path) -> None:
    schedule = Schedule(Tabulated(LRS), total_steps=len(LRS), accumulation_steps=2)
    model = _one_weight(SGD(schedule, gradient_accumulation_steps=2))
    assert _fit(model, 4) == -(LRS[0] + LRS[1])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert repr(loaded.optimizer._learning_rate) == repr(schedule)
    assert _fit(loaded, 6) == -(sum(LRS) + LRS[-1])


def test_accumulation_steps_leave_integers_as_updates() -> None:
    schedule = Schedule(Tabulated(LRS), total_steps=len(LRS), accumulation_steps=2)
    assert float(schedule(1)) == LRS[1]
    assert _lrs(schedule, np.arange(8)).tolist() == [lr for lr in LRS for _ in range(2)]


def test_a_config_without_accumulation_steps_loads() -> None:
    config = {"schedule": Tabulated(LRS).to_dict(), "total_steps": 4}
    assert _halving().get_config() == config
    assert repr(Schedule.from_config(config)) == repr(_halving())


@pytest.mark.parametrize(
    ("steps", "error", "sentence"),
    [
        (0, ValueError, "accumulation_steps must be at least 1, but got 0"),
        (2.0, TypeError, r"accumulation_steps must be an integer, but got 2\.0"),
    ],
)
def test_bad_accumulation_steps_are_named(steps: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=f"^{sentence}$"):
        Schedule(Tabulated(LRS), total_steps=4, accumulation_steps=steps)


def test_steps_beyond_2_24_are_told_apart() -> None:
    schedule = Schedule(PiecewiseConstant([2**24 + 1], [0.5, 0.25]), total_steps=2**24 + 2)
    assert _lrs(schedule, np.array([2**24 - 1, 2**24, 2**24 + 1, 2**31 - 1])).tolist() == [0.5, 0.5, 0.25, 0.25]
    optimizer = keras.optimizers.Adam(schedule)
    read = []
    for step in 2**24, 2**24 + 1:
        optimizer.iterations.assign(step)
        read.append(float(optimizer.learning_rate))
    assert read == [0.5, 0.25]


@pytest.mark.parametrize("step", [0, 2, 3, 10**12, np.int64(1), np.uint8(4)])
def test_a_number_is_a_step_past_the_end_too(step: Any) -> None:
    lr = _lrs(_halving(), step)
    assert (lr.shape, lr.dtype, float(lr)) == ((), np.float32, LRS[min(int(step), 3)])


@pytest.mark.parametrize(("schedule", "step"), [(Constant(1e308), 0), (Linear(0.0, 1e40, 11), 1)], ids=repr)
def test_a_learning_rate_that_would_be_infinity_is_refused(schedule: Any, step: int) -> None:
    sentence = re.escape(f"schedule must stay within the range of float32, but got {schedule(step)} at step {step}")
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Schedule(schedule, total_steps=3)


@pytest.mark.parametrize("steps", [2**45, 2**63 - 1])
def test_a_table_too_long_for_memory_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match=rf"^total_steps must leave no more values than .* memory, but got {steps}$"):
        Schedule(Constant(0.1), total_steps=steps)


@pytest.mark.parametrize(
    ("step", "error"),
    [(None, TypeError), ("a", TypeError), ([0.5], TypeError)],
)
def test_a_step_must_be_a_number(step: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^step must be an integer, but got "):
        _halving()(step)


def test_a_list_of_steps_is_an_array_of_them() -> None:
    assert _lrs(_halving(), [0, 3, 9]).tolist() == [1.0, 0.125, 0.125]


@pytest.mark.parametrize(
    ("step", "error"), [(1.0, TypeError), (True, TypeError), (-1, ValueError), (np.float32([1, 2]), TypeError)]
)
def test_a_step_that_is_not_a_count_is_refused(step: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="step must"):
        _halving()(step)
