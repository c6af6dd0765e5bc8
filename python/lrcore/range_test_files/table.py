"""The result of a range test as one table, in which the repeats follow below the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lrcore.range_test_files.json_types import stop_reason
from lrcore.range_test_result import COLUMNS, OPTIONAL_COLUMNS, RangeTestResult

Floats = npt.NDArray[np.float64]


class Table(NamedTuple):
    """Run 0 is the curve itself, runs 1, 2, ... are its repeats.

    Args:
        stop_reasons: Why each run ended.
        points: How many rows each run has.
        columns: By the name of the field, each with sum(points) rows.
    """

    stop_reasons: Sequence[str]
    points: Sequence[int]
    columns: Mapping[str, Floats]


def to_table(result: RangeTestResult) -> Table:
    """All of `result`; a column that no run has is not in the table."""
    runs = (result, *result.repeats)
    columns = {name: [getattr(run, name) for run in runs] for name in (*COLUMNS, *OPTIONAL_COLUMNS)}
    return Table(
        stop_reasons=[run.stop_reason.name for run in runs],
        points=[len(run.lrs) for run in runs],
        columns={name: _joined(parts) for name, parts in columns.items() if any(part is not None for part in parts)},
    )


def from_table(table: Table) -> RangeTestResult:
    """The result that `to_table` described; ValueError when there is none."""
    for name, column in table.columns.items():
        if len(column) != sum(table.points):
            raise ValueError(f"{name} must have {sum(table.points)} rows, but has {len(column)}")
    curve, *repeats = _runs(table)
    return RangeTestResult(**curve, repeats=tuple(RangeTestResult(**repeat) for repeat in repeats))


def _runs(table: Table) -> list[dict[str, Any]]:
    ends = np.cumsum(table.points)
    return [
        {name: column[end - points : end] for name, column in table.columns.items()} | {"stop_reason": stop_reason(why)}
        for why, points, end in zip(table.stop_reasons, table.points, ends, strict=True)
    ]


def _joined(parts: Sequence[Floats | None]) -> Floats:
    """One below the other; a run without points may lack a column that others have."""
    return np.concatenate([part for part in parts if part is not None])
