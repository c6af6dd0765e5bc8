"""The result of a range test as comma-separated values, for people and data frames.

The first line, a comment, gives number of points and stop reason of every run: of the curve itself, then of its
repeats. The second line names the columns, of which the first is the number of the run.
"""

from __future__ import annotations

import io
import math
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lrcore._core import StopReason
from lrcore._files import write_atomically
from lrcore._validation import as_float, as_tuple_of, check_fields, check_version
from lrcore.range_test._result import COLUMNS, OPTIONAL_COLUMNS, RangeTestResult

Floats = npt.NDArray[np.float64]

VERSION = 2
OWNER = "a range test result"
JSON_COLUMNS = ("lrs", "losses", "smoothed_losses")
JSON_OPTIONAL_COLUMNS = ("training_losses", "metrics")
FIELDS = ("version", *JSON_COLUMNS, "stop_reason", "group_lrs", *JSON_OPTIONAL_COLUMNS, "repeats")
NON_FINITE = ("nan", "inf", "-inf")


def to_dict(result: RangeTestResult) -> dict[str, Any]:
    """`result` in JSON types; numbers that JSON does not know are the strings "nan", "inf" and "-inf"."""
    columns = {name: _to_json(getattr(result, name)) for name in JSON_COLUMNS}
    optional = {name: _to_json(getattr(result, name)) for name in JSON_OPTIONAL_COLUMNS}
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
    optional = {name: _column(name, content[name]) for name in JSON_OPTIONAL_COLUMNS if content[name] is not None}
    return RangeTestResult(
        **{name: _column(name, content[name]) for name in JSON_COLUMNS},
        stop_reason=stop_reason(content["stop_reason"]),
        group_lrs=_groups(content["group_lrs"], len(content["lrs"])),
        **optional,
        repeats=as_tuple_of(lambda _, repeat: from_dict(repeat), "repeats", content["repeats"]),
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
    return np.array(as_tuple_of(_number, name, values), dtype=np.float64)


def _number(name: str, value: Any) -> float:
    return float(value) if value in NON_FINITE else as_float(name, value)


def _groups(groups: Any, points: int) -> Floats | None:
    """Shape (points, groups); in JSON types it is one list for each group, so that no point leaves them all empty."""
    if groups is None:
        return None
    columns = as_tuple_of(_column, "group_lrs", groups)
    for group, column in enumerate(columns):
        if len(column) != points:
            raise ValueError(f"group_lrs[{group}] must have {points} learning rates, but got {len(column)}")
    return np.array(columns).reshape(len(columns), points).T


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
    curve, *repeats = _runs_of_table(table)
    return RangeTestResult(**curve, repeats=tuple(RangeTestResult(**repeat) for repeat in repeats))


def _runs_of_table(table: Table) -> list[dict[str, Any]]:
    ends = np.cumsum(table.points)
    return [
        {name: column[end - points : end] for name, column in table.columns.items()} | {"stop_reason": stop_reason(why)}
        for why, points, end in zip(table.stop_reasons, table.points, ends, strict=True)
    ]


def _joined(parts: Sequence[Floats | None]) -> Floats:
    """One below the other; a run without points may lack a column that others have."""
    return np.concatenate([part for part in parts if part is not None])


CSV_HEAD = f"# lrcore range test, version {VERSION}: "
RUN = re.compile(r"(\d+) points, (\w+)", re.ASCII)
TITLES = {"lrs": "lr", "losses": "loss", "smoothed_losses": "smoothed_loss"}
OPTIONAL_TITLES = {"training_losses": "training_loss", "metrics": "metric"}
GROUP_TITLE = "group_lr_"


def to_csv(result: RangeTestResult, path: str | os.PathLike[str]) -> None:
    """Write `result`, see `RangeTestResult.to_csv`."""
    stop_reasons, points, columns = to_table(result)
    runs = "; ".join(f"{count} points, {reason}" for count, reason in zip(points, stop_reasons, strict=True))
    by_title = _by_title(columns)
    rows = np.column_stack(list(by_title.values())).tolist()
    lines = [CSV_HEAD + runs, ",".join(["run", *by_title])]
    for run, row in zip(np.repeat(np.arange(len(points)), points), rows, strict=True):
        lines.append(",".join([str(run), *map(repr, row)]))
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def from_csv(path: str | os.PathLike[str]) -> RangeTestResult:
    """Read what `to_csv` wrote, see `RangeTestResult.from_csv`."""
    # What is not UTF-8 becomes text that is no number, and so gets the sentence of a malformed line.
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    try:
        return from_table(_csv_table(lines))
    except ValueError as error:
        raise ValueError(f"{path} is not a range test result that to_csv wrote: {error}") from error


def _by_title(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    titles = {**TITLES, **OPTIONAL_TITLES}
    plain = {title: columns[name] for name, title in titles.items() if name in columns}
    groups = columns["group_lrs"].T if "group_lrs" in columns else ()
    return plain | {f"{GROUP_TITLE}{group}": column for group, column in enumerate(groups)}


def _csv_table(lines: Sequence[str]) -> Table:
    points, stop_reasons = _csv_runs(lines[0])
    titles = _titles(lines[1] if len(lines) > 1 else "")
    *body, after_the_last = lines[2:] or [""]
    if len(body) != sum(points) or after_the_last:
        raise ValueError(f"it must have {sum(points)} whole rows below the titles, but has {len(body)}")
    rows = [_row(number, line, len(titles)) for number, line in enumerate(body, start=3)]
    columns = dict(zip(titles, np.array(rows).reshape(len(rows), len(titles)).T, strict=True))
    if columns.pop("run").tolist() != np.repeat(np.arange(len(points)), points).tolist():
        raise ValueError("the column run does not number the runs as the first line does")
    return Table(stop_reasons, points, _by_name(columns))


def _csv_runs(line: str) -> tuple[list[int], list[str]]:
    runs = [RUN.fullmatch(run) for run in line.removeprefix(CSV_HEAD).split("; ")]
    found = [(int(run[1]), run[2]) for run in runs if run is not None]
    if not line.startswith(CSV_HEAD) or len(found) < len(runs):
        raise ValueError(f"line 1: expected {CSV_HEAD + '100 points, finished'!r} or the like, but got {line[:80]!r}")
    return [points for points, _ in found], [stop_reason for _, stop_reason in found]


def _titles(line: str) -> list[str]:
    given = line.split(",")
    optional = [title for title in OPTIONAL_TITLES.values() if title in given]
    groups = [f"{GROUP_TITLE}{group}" for group in range(sum(title.startswith(GROUP_TITLE) for title in given))]
    expected = ["run", *TITLES.values(), *optional, *groups]
    if given != expected:
        raise ValueError(f"line 2: expected the titles {','.join(expected)}, but got {line[:80]!r}")
    return expected


def _row(number: int, line: str, width: int) -> list[float]:
    try:
        row = [float(value) for value in line.split(",")]
    except ValueError:
        row = []
    if len(row) != width:
        raise ValueError(f"line {number}: expected {width} numbers, but got {line[:80]!r}")
    return row


def _by_name(by_title: Mapping[str, Floats]) -> dict[str, Floats]:
    titles = {**TITLES, **OPTIONAL_TITLES}
    plain = {name: by_title[title] for name, title in titles.items() if title in by_title}
    groups = [column for title, column in by_title.items() if title.startswith(GROUP_TITLE)]
    return plain | ({"group_lrs": np.column_stack(groups)} if groups else {})


NPZ_HEAD = ("version", "stop_reasons", "points")


def to_npz(result: RangeTestResult, path: str | os.PathLike[str]) -> None:
    """Write `result`, see `RangeTestResult.to_npz`."""
    stop_reasons, points, columns = to_table(result)
    arrays: dict[str, Any] = {"version": VERSION, "stop_reasons": stop_reasons, "points": points, **columns}
    file = io.BytesIO()
    np.savez(file, **arrays)
    write_atomically(path, file.getvalue())


def from_npz(path: str | os.PathLike[str]) -> RangeTestResult:
    """Read what `to_npz` wrote, see `RangeTestResult.from_npz`."""
    content = Path(path).read_bytes()
    try:
        return from_table(_npz_table(_arrays(content)))
    except Exception as error:  # a damaged archive fails in zipfile, zlib, ast, struct or NumPy
        raise ValueError(f"{path} is not a range test result that to_npz wrote: {error}") from error


def _arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError("it is not a whole npz archive")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _npz_table(arrays: dict[str, npt.NDArray[Any]]) -> Table:
    check_version(OWNER, {"version": arrays.get("version")}, VERSION)
    check_fields(OWNER, arrays, (*NPZ_HEAD, *COLUMNS, *(name for name in OPTIONAL_COLUMNS if name in arrays)))
    columns = {name: column for name, column in arrays.items() if name not in NPZ_HEAD}
    for name, column in columns.items():
        if column.dtype != np.float64:
            raise ValueError(f"{name} must be float64, but is {column.dtype}")
    return Table(arrays["stop_reasons"].tolist(), arrays["points"].tolist(), columns)
