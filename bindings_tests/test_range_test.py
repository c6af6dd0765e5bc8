from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import lrcore._core as _core

ARGUMENTS = {
    "start_lr": [0.25],
    "end_lr": [4.0],
    "num_iter": 3,  # 0.25, 1, 4
    "beta": 0.0,
    "divergence_factor": 4.0,
    "step_mode": "exp",
    "batches_per_lr": 1,
    "align": "used",
    "min_iter": 0,
}


def make(**changes: Any) -> Any:
    return _core.RangeTest(**{**ARGUMENTS, **changes})


def record(test: Any, losses: list[float], training_loss: float | None = None, metric: float | None = None) -> Any:
    for loss in losses:
        test.record(loss, training_loss=training_loss, metric=metric)
    return test


def test_arguments_are_taken_by_position_and_none_has_a_default() -> None:
    assert _core.RangeTest(*ARGUMENTS.values()).num_iter == 3
    with pytest.raises(TypeError):
        _core.RangeTest(*list(ARGUMENTS.values())[:-1])


def test_it_records_the_learning_rates_that_were_used() -> None:
    test = make(start_lr=[1e-4], end_lr=[1.0], num_iter=5)
    used = []
    while test.stop_reason is None:
        used.append(test.lr)
        record(test, [1.0])
    assert test.stop_reason is _core.StopReason.finished
    np.testing.assert_array_equal(test.recorded_group_lrs, np.array(used)[:, None])
    np.testing.assert_allclose(used, [1e-4, 1e-3, 1e-2, 1e-1, 1.0], rtol=1e-15)
    assert (used[0], used[-1]) == (1e-4, 1.0)
    np.testing.assert_array_equal(test.losses, np.ones(5))
    np.testing.assert_array_equal(test.smoothed_losses, np.ones(5))


def test_group_lrs_are_a_list_and_recorded_as_a_matrix() -> None:
    test = make(start_lr=[0.25, 1.0], end_lr=[1.25, 9.0], step_mode="linear")
    assert test.group_lrs == [0.25, 1.0]
    assert test.recorded_group_lrs.shape == (0, 2)
    record(test, [1.0, 1.0, 1.0])
    assert test.recorded_group_lrs.dtype == np.float64
    np.testing.assert_array_equal(test.recorded_group_lrs, [[0.25, 1.0], [0.75, 5.0], [1.25, 9.0]])


def test_align_effect_averages_from_the_second_update_on() -> None:
    test = make(batches_per_lr=2, align="effect")
    assert test.num_updates == 7
    record(test, [9.0, 1.0, 2.0, 3.0])
    assert test.updates_done == 4
    np.testing.assert_array_equal(test.losses, [1.5])
    test.stop(_core.StopReason.interrupted)
    np.testing.assert_array_equal(test.losses, [1.5, 3.0])


def test_columns_that_were_never_given_are_none() -> None:
    test = record(make(), [1.0])
    assert (test.training_losses, test.metrics) == (None, None)
    both = record(make(), [1.0], training_loss=2.0, metric=0.5)
    np.testing.assert_array_equal(both.training_losses, [2.0])
    np.testing.assert_array_equal(both.metrics, [0.5])


def test_extra_measurements_are_required_keywords() -> None:
    for arguments, keywords in [((1.0,), {}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"metric": None})]:
        with pytest.raises(TypeError):
            make().record(*arguments, **keywords)


def test_recorded_arrays_are_copies() -> None:
    test = record(make(), [1.0, 2.0], metric=0.5)
    for name in ("losses", "smoothed_losses", "metrics", "recorded_group_lrs"):
        getattr(test, name)[:] = 7.0
        assert not np.any(getattr(test, name) == 7.0)


def test_it_has_no_learning_rate_after_the_stop() -> None:
    test = record(make(), [1.0, math.nan])
    message = r"^the range test has stopped \(nonfinite\): there is no next update$"
    for name in ("lr", "group_lrs"):
        with pytest.raises(RuntimeError, match=message):
            getattr(test, name)
    with pytest.raises(RuntimeError, match=message):
        record(test, [1.0])


def test_it_is_stopped_only_for_outside_reasons() -> None:
    test = record(make(), [1.0])
    with pytest.raises(
        ValueError, match=r"^reason must be data_exhausted, interrupted or nonfinite, but got diverged$"
    ):
        test.stop(_core.StopReason.diverged)
    test.stop(_core.StopReason.nonfinite)
    assert test.stop_reason is _core.StopReason.nonfinite


def test_a_restored_range_test_continues_bit_for_bit() -> None:
    losses = list(np.random.default_rng(1).uniform(1.0, 2.0, 21))
    changes = {"num_iter": 10, "batches_per_lr": 2, "align": "effect", "beta": 0.9}
    whole, first = record(make(**changes), losses), record(make(**changes), losses[:8])
    second = make(**changes)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    record(second, losses[8:])
    np.testing.assert_array_equal(second.smoothed_losses, whole.smoothed_losses)
    np.testing.assert_array_equal(second.losses, whole.losses)
    assert second.state_dict() == whole.state_dict()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end_lr": [0.1]}, "end_lr must be greater than start_lr=0.25, but got 0.1"),
        ({"start_lr": [0.1, 0.2], "end_lr": [1.0, 0.2]}, "end_lr[1] must be greater than start_lr[1]=0.2, but got 0.2"),
        ({"end_lr": [1.0, 2.0]}, "len(end_lr) must be len(start_lr) = 1, but got 2"),
        ({"start_lr": []}, "len(start_lr) must be at least 1, but got 0"),
        ({"num_iter": 1}, "num_iter must be at least 2, but got 1"),
        ({"step_mode": "log"}, "step_mode must be 'exp' or 'linear', but got 'log'"),
        ({"batches_per_lr": 0}, "batches_per_lr must be at least 1, but got 0"),
        ({"align": "next"}, "align must be 'used' or 'effect', but got 'next'"),
        ({"min_iter": -1}, "min_iter must be at least 0, but got -1"),
    ],
)
def test_bad_arguments_are_value_errors_that_name_them(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        make(**changes)
    assert str(caught.value) == message
