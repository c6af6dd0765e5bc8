"""The result of a range test as comma-separated values, for people and data frames.

The first line, a comment, gives number of points and stop reason of every run: of the curve itself, then of its
repeats. The second line names the columns, of which the first is the number of the run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from lrcore.atomic_write import write_atomically
from lrcore.range_test_files.json_types import VERSION
from lrcore.range_test_files.table import Table, from_table, to_table
from lrcore.range_test_result import RangeTestResult

Floats = npt.NDArray[np.float64]

HEAD = f"# lrcore range test, version {VERSION}: "
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
    lines = [HEAD + runs, ",".join(["run", *by_title])]
    for run, row in zip(np.repeat(np.arange(len(points)), points), rows, strict=True):
        lines.append(",".join([str(run), *map(repr, row)]))
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def from_csv(path: str | os.PathLike[str]) -> RangeTestResult:
    """Read what `to_csv` wrote, see `RangeTestResult.from_csv`."""
    # What is not UTF-8 becomes text that is no number, and so gets the sentence of a malformed line.
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    try:
        return from_table(_table(lines))
    except ValueError as error:
        raise ValueError(f"{path} is not a range test result that to_csv wrote: {error}") from error


def _by_title(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    titles = {**TITLES, **OPTIONAL_TITLES}
    plain = {title: columns[name] for name, title in titles.items() if name in columns}
    groups = columns["group_lrs"].T if "group_lrs" in columns else ()
    return plain | {f"{GROUP_TITLE}{group}": column for group, column in enumerate(groups)}


def _table(lines: Sequence[str]) -> Table:
    points, stop_reasons = _runs(lines[0])
    titles = _titles(lines[1] if len(lines) > 1 else "")
    *body, after_the_last = lines[2:] or [""]
    if len(body) != sum(points) or after_the_last:
        raise ValueError(f"it must have {sum(points)} whole rows below the titles, but has {len(body)}")
    rows = [_row(number, line, len(titles)) for number, line in enumerate(body, start=3)]
    columns = dict(zip(titles, np.array(rows).reshape(len(rows), len(titles)).T, strict=True))
    if columns.pop("run").tolist() != np.repeat(np.arange(len(points)), points).tolist():
        raise ValueError("the column run does not number the runs as the first line does")
    return Table(stop_reasons, points, _by_name(columns))


def _runs(line: str) -> tuple[list[int], list[str]]:
    runs = [RUN.fullmatch(run) for run in line.removeprefix(HEAD).split("; ")]
    found = [(int(run[1]), run[2]) for run in runs if run is not None]
    if not line.startswith(HEAD) or len(found) < len(runs):
        raise ValueError(f"line 1: expected {HEAD + '100 points, finished'!r} or the like, but got {line[:80]!r}")
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
