"""Text files that a resumed run goes on writing."""

from __future__ import annotations

import os
from typing import TextIO


def open_after(path: str | os.PathLike[str], lines: int) -> TextIO:
    """Open a file for writing after its first `lines` lines; what stands behind them is dropped.

    Args:
        path: The file; with `lines` = 0 it is made or emptied.
        lines: How many whole lines to keep.

    Raises:
        OSError: When the file cannot be written.
        ValueError: When it has fewer whole lines; nothing is changed then.
    """
    if lines == 0:
        return open(path, "w", encoding="utf-8", newline="\n")
    file = open(path, "r+", encoding="utf-8", newline="\n")  # noqa: SIM115  (the caller closes it)
    for number in range(lines):
        if not file.readline().endswith("\n"):
            file.close()
            raise ValueError(f"{path} must have at least {lines} whole lines, but has {number}")
    file.seek(file.tell())
    file.truncate()
    return file
