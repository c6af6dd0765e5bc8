"""Several runs of one range test: checks, mean curve and spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore.range_test._run import Run

Floats = npt.NDArray[np.float64]


def check_group_lrs(group_lrs: Floats, lrs: Floats) -> None:
    """ValueError unless `group_lrs` are learning rates of a range test whose first group had `lrs`."""
    if group_lrs.ndim != 2 or len(group_lrs) != len(lrs):
        raise ValueError(f"group_lrs must have shape ({len(lrs)}, groups), but got shape {group_lrs.shape}")
    if not np.array_equal(group_lrs[:, :1], lrs[:, np.newaxis]):
        raise ValueError("group_lrs must have lrs as its first column")
    if not (np.isfinite(group_lrs).all() and (group_lrs > 0).all() and (np.diff(group_lrs, axis=0) > 0).all()):
        raise ValueError("group_lrs must be finite, greater than 0 and increasing in each group")


def check_runs(name: str, runs: Sequence[Run], kind: type[Run], curve: Run | None = None) -> None:
    """An error that names the first of `runs` which is not a single run of the sweep of `curve`, or of the longest."""
    for index, run in enumerate(runs):
        _check_single_run(f"{name}[{index}]", run, kind)
    curve = max(runs, key=lambda run: len(run.lrs)) if curve is None else curve
    for index, run in enumerate(runs):
        _check_same_sweep(f"{name}[{index}]", run, curve)


def _check_single_run(name: str, run: Run, kind: type[Run]) -> None:
    if not isinstance(run, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, but got {run!r}")
    if run.repeats:
        raise ValueError(f"{name} must be a single run, but is the mean of {len(run.repeats)}")


def _check_same_sweep(name: str, run: Run, curve: Run) -> None:
    shared = min(len(run.lrs), len(curve.lrs))
    # A run without points cannot tell whether it was to have losses of training or metrics.
    for column in ("group_lrs", "training_losses", "metrics") if shared > 0 else ("group_lrs",):
        if (getattr(run, column) is None) != (getattr(curve, column) is None):
            raise ValueError(f"{name} must have {column} if and only if the other runs have")
    if not np.array_equal(_all_lrs(run)[:shared], _all_lrs(curve)[:shared]):
        raise ValueError(f"{name} must have used the learning rates that the other runs used")


def _all_lrs(result: Run) -> Floats:
    return result.lrs if result.group_lrs is None else result.group_lrs


AVERAGED = ("losses", "smoothed_losses", "training_losses", "metrics")


def mean_of_repeats(results: Sequence[Run]) -> dict[str, Any]:
    """The fields of the mean curve of `results`, which are of one sweep, except its repeats."""
    # The longest run that more than half of the runs are at least as long as.
    typical = sorted(results, key=lambda result: len(result.lrs), reverse=True)[len(results) // 2]
    fields: dict[str, Any] = {name: getattr(typical, name) for name in ("lrs", "group_lrs", "stop_reason")}
    for name in AVERAGED:
        if getattr(typical, name) is not None:
            fields[name] = _at_each_point(results, name, len(typical.lrs), _mean_unless_most_are_not_finite)
    return fields


def spread_of_repeats(results: Sequence[Run], points: int) -> Floats:
    """The sample standard deviation of the finite losses at each point, shape (points,); NaN of fewer than two."""
    return _at_each_point(results, "losses", points, _standard_deviation)


def _at_each_point(results: Sequence[Run], name: str, points: int, statistic: Callable[[Floats], float]) -> Floats:
    """`statistic` of the values that the runs have at each point."""
    columns = [getattr(result, name) for result in results if len(result.lrs) > 0]
    reached = ([column[point] for column in columns if len(column) > point] for point in range(points))
    return np.array([statistic(np.array(values)) for values in reached], dtype=np.float64)


def _mean_unless_most_are_not_finite(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return _of_scaled(np.mean, finite) if 2 * len(finite) >= len(values) else float("nan")


def _standard_deviation(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return _of_scaled(partial(np.std, ddof=1), finite) if len(finite) > 1 else float("nan")


def _of_scaled(statistic: Callable[[Floats], np.floating[Any]], values: Floats) -> float:
    """`statistic` of values that a power of two keeps within 1 meanwhile: losses may be near the limits of float64."""
    exponent = np.frexp(np.abs(values).max())[1]
    with np.errstate(over="ignore"):
        return float(np.ldexp(statistic(np.ldexp(values, -exponent)), exponent))
