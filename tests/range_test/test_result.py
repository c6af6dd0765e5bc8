"""The result of a range test: columns, means of several runs and suggestions."""

from __future__ import annotations

import copy
import math
import pickle
import re
import statistics
from typing import Any

import numpy as np
import pytest

from lrcore import Cyclic, OneCycle, RangeTest, RangeTestResult, StopReason, bounds, suggest
from lrcore.suggestions import trimmed_as_fastai, valley

NAN, INF = float("nan"), float("inf")
LRS = [0.1, 0.2, 0.4]
SWEEP = np.geomspace(1e-5, 1.0, 101)
FALL = 2.3 - 1 / (1 + (1e-3 / SWEEP) ** 2) + (SWEEP / 0.3) ** 4


def run(losses: list[float], reason: StopReason = StopReason.finished, **columns: Any) -> RangeTestResult:
    return RangeTestResult(LRS[: len(losses)], losses, [2 * loss for loss in losses], reason, **columns)


def falling(noise: float = 0.0, seed: int = 0) -> RangeTestResult:
    losses = FALL + np.random.default_rng(seed).normal(0, noise, len(FALL))
    return RangeTestResult(SWEEP, losses, losses, StopReason.diverged)


def full() -> RangeTestResult:
    columns = {"group_lrs": [[0.1, 1.0], [0.2, 3.0]], "training_losses": [3.0, NAN], "metrics": [0.1, 0.2]}
    return RangeTestResult([0.1, 0.2], [2.0, INF], [2.0, INF], StopReason.nonfinite, **columns)


# Columns


def test_extra_columns_are_read_only_float64_copies() -> None:
    metrics = np.array([1, 2, 3])
    result = run([3.0, 2.0, 1.0], metrics=metrics, training_losses=[4, 3, 2], group_lrs=[[lr, 2 * lr] for lr in LRS])
    metrics[0] = 9
    for other in (result, pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert other.metrics.tolist() == [1.0, 2.0, 3.0]
        assert other.training_losses.tolist() == [4.0, 3.0, 2.0]
        assert other.group_lrs.tolist() == [[0.1, 0.2], [0.2, 0.4], [0.4, 0.8]]
        for column in (other.metrics, other.training_losses, other.group_lrs):
            assert column.dtype == np.float64
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 1.0


def test_columns_that_were_not_recorded_are_none() -> None:
    result = run([3.0, 2.0, 1.0])
    assert (result.group_lrs, result.training_losses, result.metrics, result.repeats) == (None, None, None, ())
    assert result.spread is None


@pytest.mark.parametrize(
    "change",
    [
        {"group_lrs": [[0.1, 1.0], [0.2, 4.0]]},
        {"group_lrs": None},
        {"training_losses": [3.0, 3.0]},
        {"training_losses": None},
        {"metrics": [0.1, 0.3]},
        {"metrics": None},
    ],
)
def test_it_compares_by_every_column(change: dict[str, Any]) -> None:
    columns = {name: getattr(full(), name) for name in ("group_lrs", "training_losses", "metrics")}
    assert full() == pickle.loads(pickle.dumps(full()))
    assert full() != RangeTestResult([0.1, 0.2], [2.0, INF], [2.0, INF], StopReason.nonfinite, **{**columns, **change})


def test_it_compares_by_its_repeats() -> None:
    mean = RangeTestResult.of_repeats([run([3.0, 2.0]), run([1.0, 2.0])])
    assert mean == pickle.loads(pickle.dumps(mean))
    assert mean != RangeTestResult(mean.lrs, mean.losses, mean.smoothed_losses, mean.stop_reason)
    assert mean != RangeTestResult.of_repeats([run([1.0, 2.0]), run([3.0, 2.0])])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"metrics": [1.0]}, "lrs must be one-dimensional and as long as its losses, but got shapes (3,), "
         "losses (3,), smoothed_losses (3,), metrics (1,)"),
        ({"training_losses": [[1.0] * 3]}, "lrs must be one-dimensional and as long as its losses, but got shapes "
         "(3,), losses (3,), smoothed_losses (3,), training_losses (1, 3)"),
        ({"group_lrs": LRS}, "group_lrs must have shape (3, groups), but got shape (3,)"),
        ({"group_lrs": [[0.1, 0.2]]}, "group_lrs must have shape (3, groups), but got shape (1, 2)"),
        ({"group_lrs": [[0.2, 0.1], [0.4, 0.2], [0.8, 0.4]]}, "group_lrs must have lrs as its first column"),
        ({"group_lrs": [[0.1, 0.1], [0.2, 0.3], [0.4, 0.2]]},
         "group_lrs must be finite, greater than 0 and increasing in each group"),
        ({"group_lrs": [[0.1, 0.0], [0.2, 0.3], [0.4, 0.4]]},
         "group_lrs must be finite, greater than 0 and increasing in each group"),
        ({"repeats": [RangeTestResult([0.1, 0.3], [1.0, 1.0], [1.0, 1.0], StopReason.finished)]},
         "repeats[0] must have used the learning rates that the other runs used"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused(columns: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        run([3.0, 2.0, 1.0], **columns)


def test_the_result_has_groups_validation_and_metric() -> None:
    range_test = RangeTest([0.1, 1.0], [0.4, 4.0], num_iter=3, step_mode="linear")
    for loss in (3.0, 2.0, 1.0):
        range_test.record(loss, training_loss=loss + 1, metric=-loss)
    result = range_test.result()
    np.testing.assert_allclose(result.group_lrs, [[0.1, 1.0], [0.25, 2.5], [0.4, 4.0]], rtol=1e-15)
    assert result.lrs.tolist() == result.group_lrs[:, 0].tolist()
    assert result.training_losses.tolist() == [4.0, 3.0, 2.0]
    assert result.metrics.tolist() == [-3.0, -2.0, -1.0]


# Several runs


def test_the_mean_has_the_points_reached_by_most_runs() -> None:
    two = [run([3.0, 2.0, 1.0]), run([1.0], StopReason.nonfinite)]
    assert RangeTestResult.of_repeats(two).lrs.tolist() == LRS[:1]
    three = [run([3.0, 2.0, 1.0]), run([1.0], StopReason.nonfinite), run([1.0, 4.0], StopReason.diverged)]
    mean = RangeTestResult.of_repeats(three)
    assert mean.lrs.tolist() == LRS[:2]
    assert mean.losses.tolist() == [pytest.approx(5 / 3), 3.0]
    assert mean.smoothed_losses.tolist() == [pytest.approx(10 / 3), 6.0]
    four = [*three, run([2.0, 2.0, 2.0])]
    assert RangeTestResult.of_repeats(four).lrs.tolist() == LRS[:2]


def test_the_mean_ends_for_the_reason_of_the_run_that_ends_there() -> None:
    runs = [run([1.0, 1.0, 1.0]), run([1.0], StopReason.nonfinite), run([1.0, 9.0], StopReason.diverged)]
    assert RangeTestResult.of_repeats(runs).stop_reason is StopReason.diverged
    assert RangeTestResult.of_repeats(runs[:2]).stop_reason is StopReason.nonfinite


def test_the_mean_is_over_finite_losses_unless_most_are_not() -> None:
    runs = [run([3.0, NAN, INF]), run([1.0, 2.0, NAN]), run([2.0, 4.0, 1.0])]
    np.testing.assert_array_equal(RangeTestResult.of_repeats(runs).losses, [2.0, 3.0, NAN])
    np.testing.assert_array_equal(RangeTestResult.of_repeats(runs[:2]).losses, [2.0, 2.0, NAN])


def test_the_mean_of_huge_losses_does_not_overflow() -> None:
    largest = np.finfo(np.float64).max
    mean = RangeTestResult.of_repeats([RangeTestResult([0.1], [largest], [largest], StopReason.finished)] * 3)
    assert mean.losses[0] == pytest.approx(largest)
    assert mean.spread.tolist() == [0.0]


def test_further_columns_are_averaged_and_the_groups_are_kept() -> None:
    groups = [[0.1, 1.0], [0.2, 2.0]]
    runs = [
        run([3.0, 2.0], group_lrs=groups, training_losses=[1.0, 2.0], metrics=[0.25, NAN]),
        run([1.0, 2.0], group_lrs=groups, training_losses=[3.0, 6.0], metrics=[0.75, 0.5]),
    ]
    mean = RangeTestResult.of_repeats(runs)
    assert mean.group_lrs.tolist() == groups
    assert mean.training_losses.tolist() == [2.0, 4.0]
    assert mean.metrics.tolist() == [0.5, 0.5]
    assert mean.repeats == tuple(runs)


def test_the_spread_is_the_sample_standard_deviation() -> None:
    runs = [run([3.0, NAN, INF]), run([1.0, 2.0, NAN]), run([2.5, 4.0, 1.0])]
    spread = RangeTestResult.of_repeats(runs).spread
    assert spread[:2].tolist() == [
        pytest.approx(statistics.stdev([3.0, 1.0, 2.5])),
        pytest.approx(statistics.stdev([2.0, 4.0])),
    ]
    assert math.isnan(spread[2])


def test_a_single_run_is_its_own_mean() -> None:
    assert RangeTestResult.of_repeats([run([3.0, 2.0])]) == run([3.0, 2.0])


def test_a_run_that_ended_before_its_first_point_is_no_obstacle() -> None:
    empty = run([], StopReason.nonfinite)
    first, second = run([3.0, 2.0], metrics=[0.5, 0.75]), run([1.0, 2.0], metrics=[0.5, 0.25])
    mean = RangeTestResult.of_repeats([empty, first, second])
    assert mean.losses.tolist() == [2.0, 2.0]
    assert mean.metrics.tolist() == [0.5, 0.5]
    nothing = RangeTestResult.of_repeats([empty, first, empty])
    assert nothing.lrs.shape == nothing.spread.shape == (0,)
    assert nothing.stop_reason is StopReason.nonfinite


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([], "results must hold at least one range test result"),
        ([run([1.0]), run([1.0], metrics=[1.0])], "results[1] must have metrics if and only if the other runs have"),
        ([run([1.0]), run([1.0], training_losses=[1.0])],
         "results[1] must have training_losses if and only if the other runs have"),
        ([run([1.0]), run([1.0], group_lrs=[[0.1, 0.2]])],
         "results[1] must have group_lrs if and only if the other runs have"),
        ([run([1.0], group_lrs=[[0.1, 0.3]]), run([1.0], group_lrs=[[0.1, 0.2]])],
         "results[1] must have used the learning rates that the other runs used"),
        ([run([1.0]), RangeTestResult([0.2], [1.0], [1.0], StopReason.finished)],
         "results[1] must have used the learning rates that the other runs used"),
        ([run([1.0]), RangeTestResult.of_repeats([run([1.0]), run([1.0])])],
         "results[1] must be a single run, but is the mean of 2"),
    ],
)  # fmt: skip
def test_runs_that_are_not_of_one_sweep_are_refused(runs: list[RangeTestResult], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RangeTestResult.of_repeats(runs)


def test_a_repeat_must_be_a_result() -> None:
    with pytest.raises(TypeError, match=r"^results\[1\] must be a RangeTestResult, but got \(1, 2\)$"):
        RangeTestResult.of_repeats([run([1.0]), (1, 2)])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^repeats\[0\] must be a RangeTestResult, but got None$"):
        run([1.0], repeats=[None])


# Suggestions


def test_the_interval_of_a_mean_comes_from_its_repeats() -> None:
    runs = [falling(noise=0.02, seed=seed) for seed in range(5)]
    mean = RangeTestResult.of_repeats(runs)
    assert mean.suggestion() == suggest(SWEEP, mean.losses, repeats=[run.losses for run in runs])
    assert mean.suggestion().interval != suggest(SWEEP, mean.losses).interval
    low, high = np.quantile(np.log([run.suggestion().lr for run in runs]), [0.1, 0.9])
    log_lr = math.log(mean.suggestion().lr)
    expected = (math.exp(min(low, log_lr)), math.exp(max(high, log_lr)))
    assert mean.suggestion().interval == pytest.approx(expected, rel=1e-12)


def test_the_bounds_are_those_of_the_raw_losses() -> None:
    assert falling(noise=0.02).bounds() == bounds(SWEEP, falling(noise=0.02).losses)
    assert falling().bounds()[:2] == (falling().suggestion().base_lr, falling().suggestion().max_lr)


def test_the_suggestions_are_lrcores_and_every_other_finders() -> None:
    result = falling(noise=0.01)
    found = result.suggestions()
    assert list(found) == [
        "lrcore",
        "valley",
        "slide",
        "minimum",
        "steep",
        "steepest_torch_lr_finder",
        "steepest_lightning",
        "steepest_ignite",
    ]
    assert found["lrcore"] == result.suggestion().lr
    assert all(SWEEP[0] <= lr <= SWEEP[-1] for lr in found.values())


def test_peer_readings_skip_the_points_their_finders_skip() -> None:
    smoothed = np.where(np.arange(101) < 50, 5.0 - np.arange(101) / 50, 4.0)  # falls to 4.02 at 49, minimum there
    result = RangeTestResult(SWEEP, FALL, smoothed, StopReason.finished)
    found = result.suggestions()
    assert found["minimum"] == pytest.approx(SWEEP[50] / 10)
    assert found["valley"] == valley(*trimmed_as_fastai(SWEEP, smoothed))
    steep_at_the_start = np.concatenate([[9.0], np.linspace(3.0, 1.0, 100)])
    result = RangeTestResult(SWEEP, FALL, steep_at_the_start, StopReason.finished)
    assert result.suggestions()["steep"] >= SWEEP[10]
    assert result.suggestions()["steepest_torch_lr_finder"] >= SWEEP[10]


@pytest.mark.parametrize("losses", [[], [1.0], [NAN], [2.0, 1.0], [INF, -INF, NAN], [1.0, 1.0, 1.0]])
def test_where_a_reading_has_no_answer_it_is_none(losses: list[float]) -> None:
    result = run(losses)
    assert result.suggestions()["lrcore"] is None
    assert all(lr is None or 0 < lr <= 0.4 for lr in result.suggestions().values())


def test_a_cycle_runs_between_the_suggested_bounds() -> None:
    found = suggest(SWEEP, FALL)
    assert falling().cyclic(step_size=50) == Cyclic(found.base_lr, found.max_lr, 50, 50)
    assert falling().cyclic(50, mode="exp_range", gamma=0.99) == Cyclic(
        found.base_lr, found.max_lr, 50, mode="exp_range", gamma=0.99
    )


def test_one_cycle_starts_at_the_lower_and_peaks_at_the_upper_bound() -> None:
    found = suggest(SWEEP, FALL)
    schedule = falling().one_cycle(total_steps=100, pct_start=0.41, anneal_strategy="linear")
    assert isinstance(schedule, OneCycle)
    assert schedule(0) == pytest.approx(found.base_lr, rel=1e-15)
    assert schedule(40) == pytest.approx(found.max_lr, rel=1e-15)
    assert schedule.values(0, 100).argmax() == 40
    assert falling().one_cycle(100) == OneCycle(found.max_lr, 100, div_factor=found.max_lr / found.base_lr)


def test_without_bounds_building_a_schedule_is_an_error() -> None:
    reason = re.escape(run([1.0]).suggestion().reason)
    with pytest.raises(ValueError, match=f"^the curve gives no bounds for a cycle: {reason}$"):
        run([1.0]).cyclic(10)
    with pytest.raises(ValueError, match=f"^the curve gives no bounds for a cycle: {reason}$"):
        run([1.0]).one_cycle(10)
