"""`Schedule` on whatever backend KERAS_BACKEND names: every update uses exactly the core's learning rate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrcore.keras import SGD, Schedule, ScheduleCallback
from lrcore.schedules import Cosine, Cyclic, PiecewiseConstant, Tabulated

# 0.001 + 0.004 * (distance from the joint of two cycles) / 4, step 0 first.
CYCLE = [0.001, 0.002, 0.003, 0.004, 0.005, 0.004, 0.003, 0.002]
STEPS_PER_EXECUTION = {"tensorflow": [1, 4], "jax": [1, 4], "torch": [1]}[keras.backend.backend()]
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "keras": keras.optimizers.SGD,
    "lrcore": SGD,
    "loss scale": lambda *args, **options: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(*args, **options)),
}


def _lrs(schedule: Schedule, steps: Any) -> Any:
    return keras.ops.convert_to_numpy(schedule(steps))


def _descend(optimizer: Any, batches: int, **how: Any) -> float:
    """The weight after `batches` gradients of 1, from 0: minus the sum of the learning rates of all updates."""
    dense = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((1,)), dense])
    model.compile(optimizer, lambda target, output: keras.ops.mean(output), **how)
    ones = np.ones((batches, 1), np.float32)
    model.fit(ones, ones, batch_size=1, verbose=0)
    return float(model.get_weights()[0].item())


@pytest.mark.parametrize("steps", STEPS_PER_EXECUTION)
def test_every_update_reads_the_cores_value_inside_its_step(
    compiled: Any, regression: Any, lr_spy: Any, how: Any, steps: int
) -> None:
    model = compiled(lr_spy(Schedule(Cyclic(0.001, 0.005, 4), total_steps=15)), steps_per_execution=steps, **how)
    model.fit(*regression, batch_size=8, epochs=3, verbose=0)
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32([*CYCLE, *CYCLE[:7], *CYCLE[6:7] * 3]))


def test_a_whole_curve_is_the_nearest_float32_of_the_core() -> None:
    cosine = Cosine(0.1, decay_steps=1000)
    lrs = _lrs(Schedule(cosine, total_steps=1001), np.arange(1200))
    np.testing.assert_array_equal(lrs, np.float32(cosine.values(0, 1200)))
    assert lrs.dtype == np.float32


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("accumulated", [None, 3])
def test_each_weight_moves_by_the_lr_of_its_true_update(how: Any, optimizer: Any, accumulated: int | None) -> None:
    if optimizer is OPTIMIZERS["loss scale"] and keras.backend.backend() == "tensorflow":
        how = {**how, "jit_compile": False}  # Keras cannot branch on the overflow inside XLA
    schedule = Schedule(Tabulated([1.0, 0.5, 0.25, 0.125]), total_steps=4)
    made = optimizer(schedule, gradient_accumulation_steps=accumulated)
    assert _descend(made, 5 * (accumulated or 1), **how) == -(1 + 0.5 + 0.25 + 0.125 + 0.125)
    assert int(made.iterations) == 5
    assert float(made.learning_rate) == 0.125


def test_a_skipped_update_does_not_advance_the_step(how: Any) -> None:
    optimizer = keras.optimizers.SGD(Schedule(Tabulated([1.0, 0.5, 0.25]), total_steps=3))
    scaled = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=float("inf"))
    assert _descend(scaled, 2, **{**how, "jit_compile": keras.backend.backend() == "jax"}) == 0
    assert float(scaled.learning_rate) == 1.0


@pytest.mark.parametrize("make", [SGD, keras.optimizers.Adam], ids=["lrcore-SGD", "Adam"])
def test_both_forms_train_alike(compiled: Any, regression: Any, how: Any, make: Any) -> None:
    cyclic = Cyclic(0.001, 0.1, 4)
    as_callback, in_graph = compiled(make(1.0), **how), compiled(make(Schedule(cyclic, total_steps=12)), **how)
    as_callback.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[ScheduleCallback(cyclic)])
    in_graph.fit(*regression, batch_size=8, epochs=2, verbose=0)
    for expected, weights in zip(as_callback.get_weights(), in_graph.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("accumulated", [None, 2])
def test_the_models_file_goes_on_where_it_was_saved(
    compiled: Any, regression: Any, tmp_path: Path, accumulated: int | None
) -> None:
    schedule = Schedule(Cyclic(0.001, 0.1, 4), total_steps=20)
    model = compiled(keras.optimizers.SGD(schedule, momentum=0.9, gradient_accumulation_steps=accumulated))
    model.fit(*regression, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert repr(loaded.optimizer._learning_rate) == repr(schedule)
    assert float(loaded.optimizer.learning_rate) == float(np.float32(schedule.schedule(6 // (accumulated or 1))))
    for trained in model, loaded:
        keras.utils.set_random_seed(1)
        trained.fit(*regression, batch_size=8, verbose=0)
    np.testing.assert_equal(loaded.get_weights(), model.get_weights())


def test_steps_beyond_2_24_are_told_apart() -> None:
    schedule = Schedule(PiecewiseConstant([2**24 + 1], [0.5, 0.25]), total_steps=2**24 + 2)
    assert _lrs(schedule, np.array([2**24 - 1, 2**24, 2**24 + 1, 2**31 - 1])).tolist() == [0.5, 0.5, 0.25, 0.25]
    optimizer = keras.optimizers.Adam(schedule)
    read = []
    for step in 2**24, 2**24 + 1:
        optimizer.iterations.assign(step)
        read.append(float(optimizer.learning_rate))
    assert read == [0.5, 0.25]


@pytest.mark.parametrize("step", [0, 2, 3, 10**12, np.int64(1), np.uint8(3)])
def test_a_number_is_a_step_past_the_end_too(step: Any) -> None:
    lr = _lrs(Schedule(Tabulated([1.0, 0.5, 0.25]), total_steps=3), step)
    assert (lr.shape, lr.dtype, float(lr)) == ((), np.float32, [1.0, 0.5, 0.25, 0.25][min(int(step), 3)])


@pytest.mark.parametrize(
    ("step", "error"), [(1.0, TypeError), (True, TypeError), (-1, ValueError), (np.float32([1, 2]), TypeError)]
)
def test_a_step_that_is_not_a_count_is_refused(step: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="step must"):
        Schedule(Tabulated([1.0]), total_steps=3)(step)
