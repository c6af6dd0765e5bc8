"""ScheduleCallback: every update uses exactly the learning rate of its step."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from lrcore import Constant, Cosine, CyclicMomentum, PiecewiseConstant
from lrcore.keras import CyclicLR, Schedule, ScheduleCallback

# lr(t) = 0.001 + 0.004 * (distance from the joint of two cycles) / 4, step 0 first.
CYCLE = [0.001, 0.002, 0.003, 0.004, 0.005, 0.004, 0.003, 0.002]


def test_every_train_step_of_whole_cycles_reads_the_exact_lr(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model = compiled(lr_spy())
    model.fit(*regression, batch_size=8, epochs=4, verbose=0, callbacks=[CyclicLR(0.001, 0.005, 4)])
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32(CYCLE * 3))


def test_step_continues_over_several_fits(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, callback = compiled(lr_spy()), CyclicLR(0.001, 0.005, 4)
    for _ in range(4):
        model.fit(*regression, batch_size=8, verbose=0, callbacks=[callback])
    assert callback.step == 24
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32(CYCLE * 3))


def test_state_travels_through_json_to_another_callback(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, first, second = compiled(lr_spy()), CyclicLR(0.001, 0.005, 4), CyclicLR(0.001, 0.005, 4)
    model.fit(*regression, batch_size=8, verbose=0, callbacks=[first])
    assert first.state_dict() == {"version": 1, "step": 6, "factor": 1.0}
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    model.fit(*regression, batch_size=8, verbose=0, callbacks=[second])
    np.testing.assert_array_equal(model.optimizer.lrs(), np.float32([*CYCLE, *CYCLE[:4]]))


@pytest.mark.parametrize(
    "state",
    [
        {"version": 2, "step": 3, "factor": 1.0},
        {"version": 1, "factor": 1.0},
        {"version": 1, "step": 3},
        {"version": 1, "step": 3, "factor": 1.0, "lr": 0.1},
        {"version": 1, "step": -1, "factor": 1.0},
        {"version": 1, "step": 3, "factor": -1.0},
    ],
)
def test_wrong_state_is_refused_and_changes_nothing(state: dict[str, float]) -> None:
    callback = CyclicLR(0.001, 0.005, 4)
    with pytest.raises(ValueError, match=r"version|lr|step|factor"):
        callback.load_state_dict(state)
    assert (callback.step, callback.factor) == (0, 1.0)


def test_factor_multiplies_every_lr_from_when_it_is_set(compiled: Any, regression: Any, lr_spy: Any) -> None:
    model, callback, present = compiled(lr_spy()), CyclicLR(0.001, 0.005, 4), []

    class Halving(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            callback.factor /= 2
            present.append(float(self.model.optimizer.learning_rate))

    model.fit(*regression, batch_size=8, epochs=2, verbose=0, callbacks=[callback, Halving()])
    lrs = np.float32([*CYCLE[:6], *np.multiply(CYCLE[6:] + CYCLE[:4], 0.5)])
    np.testing.assert_array_equal(model.optimizer.lrs(), lrs)
    assert present == [float(lrs[6]), float(np.float32(CYCLE[4] / 4))]
    second = CyclicLR(0.001, 0.005, 4)
    second.load_state_dict(json.loads(json.dumps(callback.state_dict())))
    assert (second.step, second.factor) == (12, 0.25)


@pytest.mark.parametrize("factor", [-0.5, float("nan"), float("inf")])
def test_a_factor_that_is_negative_or_not_finite_is_refused(factor: float) -> None:
    callback = CyclicLR(0.001, 0.005, 4)
    with pytest.raises(ValueError, match=f"factor must be finite and not negative, but got {factor}"):
        callback.factor = factor
    assert callback.factor == 1.0


def test_last_lr_is_the_float64_of_the_update_in_progress(compiled: Any, regression: Any) -> None:
    schedule = Cosine(0.1, decay_steps=6)
    callback, seen = ScheduleCallback(schedule), []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append((callback.step, callback.last_lr, float(self.model.optimizer.learning_rate.numpy())))

    assert callback.last_lr is None
    compiled().fit(*regression, batch_size=8, verbose=0, callbacks=[callback, Recorder()])
    assert seen == [(t, schedule(t), float(np.float32(schedule(t)))) for t in range(6)]


def test_a_float64_learning_rate_variable_gets_the_float64(regression: Any) -> None:
    keras.config.set_floatx("float64")
    try:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(*regression, batch_size=44, verbose=0, callbacks=[ScheduleCallback(Constant(0.1 / 3))])
        assert float(model.optimizer.learning_rate.numpy()) == 0.1 / 3
    finally:
        keras.config.set_floatx("float32")


def test_accumulation_micro_batches_do_not_advance_the_step(compiled: Any, regression: Any) -> None:
    optimizer = keras.optimizers.SGD(0.5, gradient_accumulation_steps=3)
    callback = ScheduleCallback(PiecewiseConstant([1], [0.25, 0.125]))
    lrs = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            lrs.append(float(self.model.optimizer.learning_rate.numpy()))

    compiled(optimizer).fit(*regression, batch_size=8, verbose=0, callbacks=[callback, Recorder()])
    assert callback.step == 2
    assert lrs == [0.25, 0.25, 0.25, 0.125, 0.125, 0.125]


def test_steps_per_execution_is_refused_before_any_change(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(0.5), steps_per_execution=2)
    sentence = "steps_per_execution must be 1 for CyclicLR to be called at every update, but got 2: give the optimizer"
    with pytest.raises(ValueError, match=sentence + " the schedule as lrcore.keras.Schedule instead"):
        model.fit(*regression, verbose=0, callbacks=[CyclicLR(0.001, 0.005, 4)])
    assert float(model.optimizer.learning_rate.numpy()) == 0.5


def test_learning_rate_schedule_is_refused_before_any_change(compiled: Any, regression: Any) -> None:
    model = compiled(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100)))
    before = model.get_weights()
    with pytest.raises(ValueError, match="learning_rate of the optimizer must be a number for ScheduleCallback to set"):
        model.fit(*regression, verbose=0, callbacks=[ScheduleCallback(Constant(0.1))])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "schedule", [0.1, lambda step: 0.1, CyclicMomentum(0.8, 0.9)], ids=["number", "function", "momentum"]
)
@pytest.mark.parametrize("make", [ScheduleCallback, partial(Schedule, total_steps=3)], ids=["callback", "table"])
def test_a_schedule_of_another_quantity_is_refused(make: Any, schedule: Any) -> None:
    with pytest.raises(
        TypeError, match="schedule must be a learning-rate schedule, but got " + re.escape(repr(schedule))
    ):
        make(schedule)


def test_an_infinite_learning_rate_is_refused_and_not_set(compiled: Any, regression: Any) -> None:
    model, callback = compiled(), ScheduleCallback(Constant(1e30))
    callback.factor = 1e10
    before = float(model.optimizer.learning_rate)
    sentence = r"^the learning rate of step 0 must stay within the range of float32, but got 1e\+40$"
    with pytest.raises(ValueError, match=sentence):
        model.fit(*regression, batch_size=8, verbose=0, callbacks=[callback])
    assert (callback.last_lr, float(model.optimizer.learning_rate)) == (None, before)


def test_a_factor_that_overflows_is_refused(compiled: Any, regression: Any) -> None:
    model, callback = compiled(), ScheduleCallback(Constant(0.125))
    model.fit(*regression, batch_size=8, verbose=0, callbacks=[callback])
    with pytest.raises(ValueError, match=r"^the learning rate of step 6 must stay .* but got 1\.25e\+99$"):
        callback.factor = 1e100
    assert (callback.factor, float(model.optimizer.learning_rate)) == (1.0, 0.125)


@pytest.mark.parametrize("state", [None, [], 3])
def test_a_state_that_is_no_mapping_is_refused(state: Any) -> None:
    name = type(state).__name__
    with pytest.raises(ValueError, match=f"^the state of a ScheduleCallback must be a mapping, but got {name}$"):
        ScheduleCallback(Constant(0.1)).load_state_dict(state)
