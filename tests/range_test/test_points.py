"""Points of a range test, made from losses and other measurements of updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore import Exponential, RangeTest, StopReason, Verdict

NAN, INF = float("nan"), float("inf")


def drive(range_test: RangeTest, losses: Sequence[float], **beside: float) -> RangeTest:
    for loss in losses:
        range_test.record(loss, **beside)
    return range_test


def used_lrs(range_test: RangeTest, losses: Sequence[float]) -> list[float]:
    used = []
    for loss in losses:
        used.append(range_test.lr)
        range_test.record(loss)
    return used


@pytest.mark.parametrize("k", [2, 3])
def test_a_point_is_the_mean_loss_of_the_updates_with_its_lr(k: int) -> None:
    losses = np.random.default_rng(0).normal(2.0, 0.1, 5 * k)
    range_test = RangeTest(1e-3, 1.0, 5, batches_per_lr=k)
    assert range_test.num_updates == 5 * k
    lrs = Exponential(1e-3, 1.0, 5).values(0, 5)
    assert used_lrs(range_test, losses.tolist()) == np.repeat(lrs, k).tolist()
    np.testing.assert_array_equal(range_test.lrs, lrs)
    np.testing.assert_allclose(range_test.losses, losses.reshape(5, k).mean(axis=1), rtol=1e-15)
    assert range_test.stop_reason is StopReason.finished


@pytest.mark.parametrize("k", [1, 2, 3])
def test_align_effect_uses_the_mean_loss_one_update_later(k: int) -> None:
    losses = np.random.default_rng(1).normal(2.0, 0.1, 5 * k + 1)
    range_test = RangeTest(1e-3, 1.0, 5, batches_per_lr=k, align="effect")
    assert range_test.num_updates == 5 * k + 1
    lrs = Exponential(1e-3, 1.0, 5).values(0, 5)
    assert used_lrs(range_test, losses.tolist()) == [*np.repeat(lrs, k), 1.0]
    np.testing.assert_array_equal(range_test.lrs, lrs)
    np.testing.assert_allclose(range_test.losses, losses[1:].reshape(5, k).mean(axis=1), rtol=1e-15)
    assert range_test.stop_reason is StopReason.finished


def test_align_effect_pairs_each_lr_with_the_loss_after_it() -> None:
    # Gradient descent on w^2 / 2 from w = 1: the update with lr makes w * (1 - lr), and the next loss shows it.
    range_test = RangeTest(0.5, 2.0, 3, align="effect")
    w, weights_after = 1.0, []
    while range_test.stop_reason is None:
        loss, lr = w**2 / 2, range_test.lr
        w -= lr * w
        weights_after.append(w)
        range_test.record(loss)
    np.testing.assert_array_equal(range_test.losses, [w**2 / 2 for w in weights_after[:3]])


def test_points_appear_when_they_are_complete() -> None:
    range_test = RangeTest(num_iter=3, batches_per_lr=2, align="effect")
    counts = []
    for done in range(7):
        assert range_test.updates_done == done
        range_test.record(1.0)
        counts.append(len(range_test.losses))
        assert len(range_test.lrs) == len(range_test.smoothed_losses) == counts[-1]
    assert counts == [0, 0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(("align", "losses"), [("used", [1.5, 3.0]), ("effect", [2.5])])
def test_exhausted_data_leave_the_mean_of_the_partial_point(align: str, losses: list[float]) -> None:
    range_test = drive(RangeTest(0.25, 4.0, 3, batches_per_lr=2, align=align), [1.0, 2.0, 3.0])
    range_test.stop(StopReason.data_exhausted)
    assert range_test.losses.tolist() == losses
    assert range_test.lrs.tolist() == [0.25, 1.0][: len(losses)]
    assert len(range_test.smoothed_losses) == len(losses)
    assert range_test.result().stop_reason is StopReason.data_exhausted


@settings(deadline=None)
@given(
    st.lists(st.floats(min_value=0.5, max_value=1.5), max_size=60),
    st.integers(min_value=1, max_value=5),
    st.sampled_from(["used", "effect"]),
    st.integers(min_value=2, max_value=8),
)
def test_points_are_the_means_of_the_updates_in_turn(losses: list[float], k: int, align: str, num_iter: int) -> None:
    range_test = RangeTest(1e-3, 1.0, num_iter, batches_per_lr=k, align=align)
    lead = 1 if align == "effect" else 0
    drive(range_test, losses[: num_iter * k + lead])
    range_test.stop(StopReason.interrupted)
    paired = losses[lead : num_iter * k + lead]
    expected = [np.mean(paired[i : i + k]) for i in range(0, len(paired), k)]
    np.testing.assert_allclose(range_test.losses, expected, rtol=1e-15)
    np.testing.assert_array_equal(range_test.lrs, Exponential(1e-3, 1.0, num_iter).values(0, len(expected)))


def test_an_lr_whose_effect_was_not_seen_is_no_point() -> None:
    range_test = drive(RangeTest(0.25, 4.0, 3, align="effect"), [1.0])
    range_test.stop(StopReason.interrupted)
    assert range_test.lrs.shape == range_test.losses.shape == (0,)


# Training losses and metrics


def test_metrics_are_averaged_like_the_losses() -> None:
    range_test = RangeTest(num_iter=10, batches_per_lr=2)
    for update in range(5):
        range_test.record(1.0 + update, training_loss=10.0 * update, metric=update / 8)
    range_test.stop(StopReason.interrupted)
    assert range_test.losses.tolist() == [1.5, 3.5, 5.0]
    assert range_test.training_losses is not None
    assert range_test.metrics is not None
    assert range_test.training_losses.tolist() == [5.0, 25.0, 40.0]
    assert range_test.metrics.tolist() == [1 / 16, 5 / 16, 4 / 8]


def test_a_metric_is_aligned_like_the_loss() -> None:
    range_test = RangeTest(num_iter=3, align="effect")
    for update in range(4):
        range_test.record(1.0, metric=float(update))
    assert range_test.metrics is not None
    assert range_test.metrics.tolist() == [1.0, 2.0, 3.0]


def test_unrecorded_columns_are_none() -> None:
    range_test = drive(RangeTest(), [1.0])
    assert (range_test.training_losses, range_test.metrics) == (None, None)


def test_the_loss_alone_is_judged() -> None:
    range_test = RangeTest(beta=0.0)
    assert range_test.record(1.0, training_loss=1.0, metric=1.0) is Verdict.ok
    assert range_test.record(1.0, training_loss=100.0, metric=NAN) is Verdict.ok
    assert range_test.record(1.0, training_loss=INF, metric=-INF) is Verdict.ok
    assert range_test.record(5.0, training_loss=0.1, metric=0.1) is Verdict.diverged


@pytest.mark.parametrize("name", ["training_loss", "metric"])
@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ({}, 0.5, "update 1 has one and those before have none"),
        (0.5, {}, "update 1 has none and those before have one"),
    ],
)
def test_every_update_has_them_or_none(name: str, first: Any, second: Any, what: str) -> None:
    beside = [{name: value} if isinstance(value, float) else {} for value in (first, second)]
    range_test = drive(RangeTest(), [1.0], **beside[0])
    before = range_test.state_dict()
    with pytest.raises(ValueError, match=f"^{name} must be given with every loss or with none, but {what}$"):
        range_test.record(1.0, **beside[1])
    assert range_test.state_dict() == before


def test_a_training_loss_cannot_be_aligned_with_the_effect() -> None:
    range_test = RangeTest(align="effect")
    with pytest.raises(ValueError, match=r"^training_loss must not be given with align='effect': a loss that"):
        range_test.record(1.0, training_loss=1.0)
    assert range_test.updates_done == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"loss": "1"}, "loss must be a number, but got '1'"),
        ({"loss": 1.0, "training_loss": "1"}, "training_loss must be a number, but got '1'"),
        ({"loss": 1.0, "metric": True}, "metric must be a number, but got True"),
    ],
)
def test_recorded_values_must_be_numbers(arguments: dict[str, Any], sentence: str) -> None:
    range_test = RangeTest()
    with pytest.raises(TypeError, match=f"^{sentence}$"):
        range_test.record(**arguments)
    assert range_test.updates_done == 0
