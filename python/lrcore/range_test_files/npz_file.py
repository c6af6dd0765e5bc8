"""The result of a range test as a NumPy archive."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lrcore._arguments import check_fields, check_version
from lrcore.atomic_write import write_atomically
from lrcore.range_test_files.json_types import OWNER, VERSION
from lrcore.range_test_files.table import Table, from_table, to_table
from lrcore.range_test_result import COLUMNS, OPTIONAL_COLUMNS, RangeTestResult

HEAD = ("version", "stop_reasons", "points")


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
        return from_table(_table(_arrays(content)))
    except Exception as error:  # a damaged archive fails in zipfile, zlib, ast, struct or NumPy
        raise ValueError(f"{path} is not a range test result that to_npz wrote: {error}") from error


def _arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError("it is not a whole npz archive")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _table(arrays: dict[str, npt.NDArray[Any]]) -> Table:
    check_version(OWNER, {"version": arrays.get("version")}, VERSION)
    check_fields(OWNER, arrays, (*HEAD, *COLUMNS, *(name for name in OPTIONAL_COLUMNS if name in arrays)))
    columns = {name: column for name, column in arrays.items() if name not in HEAD}
    for name, column in columns.items():
        if column.dtype != np.float64:
            raise ValueError(f"{name} must be float64, but is {column.dtype}")
    return Table(arrays["stop_reasons"].tolist(), arrays["points"].tolist(), columns)
