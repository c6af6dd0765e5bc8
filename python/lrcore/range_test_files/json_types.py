"""The result of a range test in JSON types, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore._arguments import check_fields, check_version, each, real
from lrcore._core import StopReason
from lrcore.range_test_result import RangeTestResult

Floats = npt.NDArray[np.float64]

VERSION = 2
OWNER = "a range test result"
COLUMNS = ("lrs", "losses", "smoothed_losses")
OPTIONAL_COLUMNS = ("training_losses", "metrics")
FIELDS = ("version", *COLUMNS, "stop_reason", "group_lrs", *OPTIONAL_COLUMNS, "repeats")
NON_FINITE = ("nan", "inf", "-inf")


def to_dict(result: RangeTestResult) -> dict[str, Any]:
    """`result` in JSON types; numbers that JSON does not know are the strings "nan", "inf" and "-inf"."""
    columns = {name: _to_json(getattr(result, name)) for name in COLUMNS}
    optional = {name: _to_json(getattr(result, name)) for name in OPTIONAL_COLUMNS}
    groups = None if result.group_lrs is None else [_to_json(group) for group in result.group_lrs.T]
    repeats = [to_dict(repeat) for repeat in result.repeats]
    return {
        "version": VERSION,
        **columns,
        "stop_reason": result.stop_reason.name,
        "group_lrs": groups,
        **optional,
        "repeats": repeats,
    }


def from_dict(content: Mapping[str, Any]) -> RangeTestResult:
    """The result that `to_dict` described, see `RangeTestResult.from_dict`."""
    if not isinstance(content, Mapping):
        raise TypeError(f"{OWNER} must be read from a mapping, but got {content!r}")
    check_version(OWNER, content, VERSION)
    check_fields(OWNER, content, FIELDS)
    optional = {name: _column(name, content[name]) for name in OPTIONAL_COLUMNS if content[name] is not None}
    return RangeTestResult(
        **{name: _column(name, content[name]) for name in COLUMNS},
        stop_reason=stop_reason(content["stop_reason"]),
        group_lrs=_groups(content["group_lrs"], len(content["lrs"])),
        **optional,
        repeats=each(lambda _, repeat: from_dict(repeat), "repeats", content["repeats"]),
    )


def stop_reason(name: object) -> StopReason:
    """The reason of this name; ValueError if there is none."""
    for reason in StopReason:
        if reason.name == name:
            return reason
    raise ValueError(f"stop_reason must be one of {', '.join(reason.name for reason in StopReason)}, but got {name!r}")


def _to_json(column: Floats | None) -> list[float | str] | None:
    return None if column is None else [value if math.isfinite(value) else repr(value) for value in column.tolist()]


def _column(name: str, values: Any) -> Floats:
    return np.array(each(_number, name, values), dtype=np.float64)


def _number(name: str, value: Any) -> float:
    return float(value) if value in NON_FINITE else real(name, value)


def _groups(groups: Any, points: int) -> Floats | None:
    """Shape (points, groups); in JSON types it is one list for each group, so that no point leaves them all empty."""
    if groups is None:
        return None
    columns = each(_column, "group_lrs", groups)
    for group, column in enumerate(columns):
        if len(column) != points:
            raise ValueError(f"group_lrs[{group}] must have {points} learning rates, but got {len(column)}")
    return np.array(columns).reshape(len(columns), points).T
