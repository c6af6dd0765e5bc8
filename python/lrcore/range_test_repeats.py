"""Several runs of one range test as one curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from lrcore.range_test_result import RangeTestResult

Floats = npt.NDArray[np.float64]

AVERAGED = ("losses", "smoothed_losses", "training_losses", "metrics")


def mean_of_repeats(results: Sequence[RangeTestResult]) -> dict[str, Any]:
    """The fields of the mean curve of `results`, which are of one sweep, except its repeats."""
    # The longest run that more than half of the runs are at least as long as.
    typical = sorted(results, key=lambda result: len(result.lrs), reverse=True)[len(results) // 2]
    fields: dict[str, Any] = {name: getattr(typical, name) for name in ("lrs", "group_lrs", "stop_reason")}
    for name in AVERAGED:
        if getattr(typical, name) is not None:
            fields[name] = _at_each_point(results, name, len(typical.lrs), _mean_unless_most_are_not_finite)
    return fields


def spread_of_repeats(results: Sequence[RangeTestResult], points: int) -> Floats:
    """The sample standard deviation of the finite losses at each point, shape (points,); NaN of fewer than two."""
    return _at_each_point(results, "losses", points, _standard_deviation)


def _at_each_point(
    results: Sequence[RangeTestResult], name: str, points: int, statistic: Callable[[Floats], float]
) -> Floats:
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
